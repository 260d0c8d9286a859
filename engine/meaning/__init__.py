"""What columns mean: their kind and unit, who they identify, and which role of the metrics they play."""

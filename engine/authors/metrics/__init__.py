"""The author for known metrics: reads a request against the catalogue and the mapping, and plans its script."""

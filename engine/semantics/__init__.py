"""What the data of a place means: what its columns hold, how its tables belong together, what may be added up."""

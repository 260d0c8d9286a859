"""One model over every member of a dimension: every property, every region, at once."""

"""The metrics that are known by name, and where a database keeps what they need."""

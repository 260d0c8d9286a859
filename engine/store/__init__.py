"""What is kept of runs and of those who may see them, in SQLite or PostgreSQL."""

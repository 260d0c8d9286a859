"""Files that were uploaded and APIs that were declared, kept as tables that are asked like any database."""

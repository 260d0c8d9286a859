"""The workbench around the engine: one process's parts, the router, and what the pages draw with."""

"""The commands of the terminal, one file each. They print; the engine does."""

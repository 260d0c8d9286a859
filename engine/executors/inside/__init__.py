"""What runs inside a sandbox beside the runtime. Standard library only."""

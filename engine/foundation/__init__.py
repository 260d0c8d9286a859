"""What every part may stand on: files written whole and private, secrets blotted out, JSON answers of routes."""

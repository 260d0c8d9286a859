"""Sandboxes in hardened containers."""

"""Trusted sources: addresses, the guarded read-only door, discovery, values, snapshots."""

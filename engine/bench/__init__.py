"""Measurements, side by side in one run: a bench a file."""

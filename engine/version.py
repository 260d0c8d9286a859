"""The version, in a leaf module so that anything can import it."""

VERSION = "0.1.0"

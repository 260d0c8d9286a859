"""The version, in a leaf module so that anything can import it."""

VERSION = "0.2.0"

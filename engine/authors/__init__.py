"""The authors: who turns a request into a script."""

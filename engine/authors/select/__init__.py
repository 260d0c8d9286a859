"""The author whose model reads the request and writes one SELECT, which the compiler turns into a script."""

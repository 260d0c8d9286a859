"""The computations that a finished run offers besides its base: scenarios, also in words, and bridges."""

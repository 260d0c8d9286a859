"""The author that asks a language model: small constrained questions, then a few functions over one flat frame."""

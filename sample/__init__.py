"""The sample database: one fictional property company, the same rows on every run."""

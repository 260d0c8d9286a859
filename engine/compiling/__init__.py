"""A question, or a SELECT that a language model wrote, becomes sources, quantities and a view: a script's plan."""

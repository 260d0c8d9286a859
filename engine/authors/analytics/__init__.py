"""Plain analytics over any database, without a language model: sure of the answer, asking, or declining."""

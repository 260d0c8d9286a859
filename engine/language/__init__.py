"""Words, periods and amounts in business English; knows nothing of any database."""

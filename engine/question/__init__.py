"""What is asked, as one typed value without joins: rules, a language model, a click and a follow-up all make it."""

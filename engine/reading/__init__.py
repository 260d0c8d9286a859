"""Reading a request: all meanings of its words, all ways to put them together, the best one or what to ask."""

"""Pages that are made from the code, and what they say about it."""

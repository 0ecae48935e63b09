"""From the facts known at the end of 2024 to the tables of the back-cast instance."""

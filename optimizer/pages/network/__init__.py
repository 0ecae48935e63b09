"""The network of a plan, year by year and future by future: where it stands, and what moves through it."""

"""The formulation in Pyomo; a family a file."""

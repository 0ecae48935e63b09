"""Benders decomposition: a master of fundings and stock, and linear programs that answer it."""

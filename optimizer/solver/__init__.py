"""From models to matrices to HiGHS and back."""

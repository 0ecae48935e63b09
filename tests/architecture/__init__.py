"""What the code as a whole keeps to."""

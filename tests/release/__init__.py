"""What the project is released with: the lock file, licences, and a program of a user."""

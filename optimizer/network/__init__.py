"""What the formulation reads, derived from an instance."""

"""Several plans of a report side by side, from what their folders hold."""

"""Sets of futures: drawn from events, split into episodes, saved, merged, reduced."""

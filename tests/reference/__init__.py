"""The reference instance: what it must hold, beside what any instance must."""

"""Credit stars."""

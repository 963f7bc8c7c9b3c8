"""ARPU bands and behavioural groups."""

"""From export files to typed tables."""

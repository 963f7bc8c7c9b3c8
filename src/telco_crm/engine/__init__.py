"""Engines: what runs the SQL."""

"""Whom to call, what to do, what to offer."""

"""Watching over customers and data: the audit of the exports, alerts, and the file of one subscriber."""

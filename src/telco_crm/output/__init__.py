"""Results out: files, staging, the terminal summary."""

"""Learning from any wide table: its columns as codes, and readable additive models. Knows nothing of telecoms."""

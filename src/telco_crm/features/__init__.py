"""The feature catalogue and the feature table."""

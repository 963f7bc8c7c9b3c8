"""The report: one HTML page over the tables of a run, self-contained, for people who decide."""

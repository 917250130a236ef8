"""What counts as a hallucination, for each kind of data with a known truth."""

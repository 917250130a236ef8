"""What a claim may be decided by, a subject a file: which rows of which tables, and the rule."""

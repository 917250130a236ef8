"""What the tables of a run say of claims, a subject a file."""

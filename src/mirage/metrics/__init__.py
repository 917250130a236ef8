"""What is measured of a generation, as rows of the metrics table."""

"""Datasets: real samples from a seed and, for some, the exact truth about them."""

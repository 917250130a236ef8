"""What counts as a hallucination, for each kind of data with a known truth."""

from mirage.support.points import LABELS, label_points

__all__ = ["LABELS", "label_points"]

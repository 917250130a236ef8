"""Figures: one file each, `draw(tables) -> Figure`; they draw numbers and compute none."""

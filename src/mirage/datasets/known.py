"""All datasets that come with Mirage: importing this registers them."""

from mirage.datasets import digits, gaussians, images, shapes, unseen

__all__ = ["digits", "gaussians", "images", "shapes", "unseen"]

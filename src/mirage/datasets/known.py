"""All datasets that come with Mirage: importing this registers them."""

from mirage.datasets import digits, gaussians, images, shapes

__all__ = ["digits", "gaussians", "images", "shapes"]

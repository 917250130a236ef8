"""Watching models that Mirage did not train: any detector, while samples are drawn elsewhere."""

from mirage.hooks.watching import Watch, WatchError, watch

__all__ = ["Watch", "WatchError", "watch"]

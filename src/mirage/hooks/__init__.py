"""Watching models that Mirage did not train: any detector, while samples are drawn elsewhere."""

from typing import Any

__all__ = ["Watch", "WatchError", "watch"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import mirage.hooks.watching as home  # PyTorch, which a look into a folder does not need

    return getattr(home, name)

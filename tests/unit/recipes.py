"""Recipes that work, for tests that change one thing of them."""

import pytest

from mirage_workflow.config.check import ConfigError, merge

GRID = {
    "dataset": {"name": "gaussian2d_grid", "samples": 1000, "heldout": 100},
    "network": {"name": "mlp"},
    "training": {"updates": 100, "batch_size": 50},
    "sampling": {"samples": 500},
}
LINE = merge(GRID, {"dataset": {"name": "gaussian1d", "means": [1, 2, 3]}})
DIGITS = GRID | {
    "dataset": {"name": "mnist", "samples": 1000, "heldout": 100},
    "network": {"name": "unet"},
}
SHAPES = DIGITS | {"dataset": {"name": "shapes", "samples": 1000, "heldout": 100}}
PHOTOS = DIGITS | {"dataset": {"name": "images", "samples": 1000, "folder": "photos"}}
UNSEEN = DIGITS | {"dataset": {"name": "unseen", "sample_shape": [1, 16, 16]}}


def complaint(call, *args) -> str:
    """The error of a call, which must fit on a line."""
    with pytest.raises(ConfigError) as caught:
        call(*args)
    message = str(caught.value)
    assert "\n" not in message
    return message

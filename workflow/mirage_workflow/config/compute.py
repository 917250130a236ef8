"""Matters of computing: how the work is cut and shared out, which changes no number."""

from typing import Any

from pydantic import PositiveInt

from mirage_workflow.config.section import Section


class Compute(Section):
    """How the work is cut and shared out; changes nothing in the result."""

    shard_size: PositiveInt = 50_000
    """Samples a job draws, a multiple of `sampling.block_size`."""
    threads: PositiveInt = 1
    """CPU threads of a job that draws. Those of training are part of the recipe."""
    checkpoint_every: PositiveInt = 1000
    """Updates between checkpoints."""


FORMER = {"sampling": ("shard_size", "threads"), "training": ("checkpoint_every",)}
"""Sections in which earlier files say these, as they still may."""


def apart(recipe: dict[str, Any]) -> dict[str, Any]:
    """A recipe with its matters of computing in their own section."""
    found = {}
    for section, keys in FORMER.items():
        values = recipe.get(section)
        if isinstance(values, dict) and values.keys() & set(keys):
            found |= {key: value for key, value in values.items() if key in keys}
            rest = {key: value for key, value in values.items() if key not in keys}
            recipe = {**recipe, section: rest}
    said = recipe.get("compute", {})
    return {**recipe, "compute": {**found, **said}} if found and isinstance(said, dict) else recipe

"""Matters of computing: how the work is cut and shared out, which changes no number."""

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

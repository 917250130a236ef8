"""Where a generation's files are, within a run: `gen0` is shared, `hal/gen2` a filter's."""

from collections.abc import Sequence
from pathlib import PurePosixPath

REFITTED = "refitted"
"""Not a filter, but a line of generations beside theirs, which has no network in it: see
`mirage.refitted`. What it is refitted to is chosen as by `random`."""


def lineage(filter: str, generation: int) -> str:
    """The folder of a filter's generation."""
    return f"{filter}/gen{generation}" if generation else "gen0"


def generation_of(lineage: str) -> int:
    """The number of a lineage's generation."""
    return int(PurePosixPath(lineage).name.removeprefix("gen"))


def filter_of(lineage: str) -> str:
    """The filter that led to a generation; `shared` for generation 0."""
    return PurePosixPath(lineage).parent.name or "shared"


def dealt(files: Sequence[str], count: int) -> list[Sequence[str]]:
    """Files as they stand one after the other, cut into as many equal parts."""
    size = len(files) // count
    return [files[part * size : (part + 1) * size] for part in range(count)]

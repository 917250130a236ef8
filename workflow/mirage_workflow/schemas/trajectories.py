"""The few paths that figures show."""

from collections.abc import Sequence

import pyarrow as pa

from mirage_workflow.schemas.fields import fields, points


def trajectories_schema(shape: Sequence[int]) -> pa.Schema:
    """x_t and x0_hat at every reverse step of a few samples, in long form."""
    return pa.schema(
        [
            *fields(sample=pa.int64(), label=pa.string(), t=pa.int32()),
            *points(shape, "x_t"),
            *points(shape, "x0_hat"),
        ]
    )

"""How steep scores are between neighbouring modes."""

import pyarrow as pa

from mirage_workflow.schemas.fields import REPLICATE, fields

SLOPES = pa.schema(
    [
        *REPLICATE,
        *fields(update=pa.int64(), first=pa.int16(), second=pa.int16()),
        *fields(noise_fraction=pa.float64(), t=pa.int32(), true_slope=pa.float64()),
        *fields(learned_slope=pa.float64(), ratio=pa.float64()),
    ]
)
FOLLOWED = pa.schema([*SLOPES, *fields(hits=pa.int64(), n=pa.int64())])

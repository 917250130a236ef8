"""What a training leaves beside its weights."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

LOSS = pa.schema(fields(update=pa.int64(), loss=pa.float32(), learning_rate=pa.float64()))

"""What people say of samples."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

LABELS = pa.schema(
    fields(sample=pa.int64(), label=pa.string(), first=pa.string(), second=pa.string())
)

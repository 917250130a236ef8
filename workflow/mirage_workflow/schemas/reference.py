"""What a network sees in real pictures."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields


def reference_schema(features: int, labelled: bool = True) -> pa.Schema:
    """The network's features of the real pictures; split: `train` or `heldout`."""
    label = fields(label=pa.int16()) if labelled else []
    return pa.schema(
        [
            *fields(split=pa.string(), sample=pa.int64()),
            *label,
            *fields(features=pa.list_(pa.float32(), features)),
        ]
    )

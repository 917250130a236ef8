"""What the U-Net's bottleneck makes of pictures, the same in the plane, and what lies between."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

_ACTIVATED = fields(source=pa.string(), sample=pa.int64(), group=pa.string())


def bottleneck_schema(size: int) -> pa.Schema:
    """The U-Net's bottleneck on real and generated pictures; source says which."""
    activation = fields(activation=pa.list_(pa.float32(), size))
    return pa.schema([*_ACTIVATED, *activation])


EMBEDDING = pa.schema(
    _ACTIVATED
    + fields(position=pa.float32())
    + fields(pca0=pa.float32(), pca1=pa.float32(), tsne0=pa.float32())
    + fields(tsne1=pa.float32())
)
BETWEEN = pa.schema(
    fields(source=pa.string(), metric=pa.string(), value=pa.float64(), low=pa.float64())
    + fields(high=pa.float64(), floor=pa.float64(), n=pa.int64(), p=pa.float64())
)

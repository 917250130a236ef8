"""What the training of the classifier leaves beside its weights."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

CLASSIFIER = pa.schema(fields(epoch=pa.int16(), loss=pa.float32(), heldout_accuracy=pa.float64()))

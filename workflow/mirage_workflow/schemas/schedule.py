"""A learned noise schedule."""

import pyarrow as pa

from mirage_workflow.schemas.fields import fields

SCHEDULE = pa.schema(fields(t=pa.int32(), beta=pa.float64(), alphas_cumprod=pa.float64()))

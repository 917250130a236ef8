"""How networks are computed: the same mathematics, as fast as the machine allows.

| | points (the MLP) | pictures (the U-Net) |
|---|---|---|
| CPU | one C++ kernel, `native` | PyTorch |
| GPU, sampling | one Triton kernel, `triton` | PyTorch, compiled for long jobs |
| GPU, training | PyTorch, compiled for long jobs | the same |

Matrix products are in bfloat16 where the config asks for it and the processor
multiplies it, in float32 elsewhere. What was chosen is each model's `name`, which the
outputs' provenance carries.
"""

from mirage.engine.choose import Loss, for_sampling, for_training

__all__ = ["Loss", "for_sampling", "for_training"]

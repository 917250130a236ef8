"""What a network of shapes makes of the one thing that couples their columns, at each time.

No true picture is blank. How much that tells of a picture is how far the prediction of a
perfect model is from that of one that draws the columns independently; a network whose
predictions are farther off than that need not have learnt it.
"""

from collections.abc import Mapping, Sequence

import pandas as pd
import torch
from torch import Tensor

from mirage.exact_shapes import DiffusedShapes
from mirage.metrics.rows import estimate
from mirage.samplers import Model

BATCH = 100


@torch.inference_mode()
def prediction_errors(
    models: Mapping[str, Model],
    exact: DiffusedShapes,
    pictures: Tensor,
    noise: Tensor,
    times: Sequence[int],
) -> pd.DataFrame:
    """How far predicted clean pictures are from those of a perfect model, x0_hat both.

    Args:
        models: by name.
        exact: the perfect one.
        pictures: true ones, [n, 1, size, size].
        noise: N(0, I) that they are blurred by, the same at each time: as `pictures`.
        times: at which.

    Returns:
        Columns `model`, `t`, `value` (mean over pictures and pixels of the squared distance of
        x0_hat, clipped to [-1, 1] as samples are; white is 1, black -1), `low`, `high` (95 %,
        normal over pictures), `n`.
    """
    rows = []
    for t in map(torch.tensor, times):
        abar = float(exact.schedule.alphas_cumprod[int(t)])
        signal, sigma = abar**0.5, (1 - abar) ** 0.5
        squares: dict[str, list[Tensor]] = {name: [] for name in models}
        for x0, eps in zip(pictures.split(BATCH), noise.split(BATCH), strict=True):
            x = signal * x0 + sigma * eps
            wanted = exact.x0_hat(x, t)
            for name, model in models.items():
                x0_hat = ((x - sigma * model(x, t)) / signal).clamp(-1, 1)
                squares[name].append((x0_hat - wanted).square().mean((1, 2, 3)))
        for name, parts in squares.items():
            each = torch.cat(parts).double()
            error = float(each.std() / len(each) ** 0.5)
            row = estimate(name, float(each.mean()), error, len(each))
            rows.append((name, int(t), row.value, row.low, row.high, row.n))
    return pd.DataFrame(rows, columns=["model", "t", "value", "low", "high", "n"])


def handing_over(first: Model, then: Model, at: int) -> Model:
    """One model down to a time, and another at that time and those below it."""
    return lambda x, t: then(x, t) if int(t) <= at else first(x, t)

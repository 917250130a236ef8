"""Figure: the learned and the true score over one cell of the lattice."""

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from mirage.figures import style

ARROWS = slice(2, None, 5)
"""Grid points that carry an arrow: off the modes and the lines between them."""


@style.theme()
def draw(field: pd.DataFrame) -> Figure:
    """Length of the score as colour and its direction as arrows: true, learned.

    field: table SCORE_FIELD of one seed.
    """
    figure = style.figure(style.PAGE, 3.5)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    lengths = {
        source: np.hypot(field[f"{source}_score0"], field[f"{source}_score1"])
        for source in ("true", "learned")
    }
    top = max(length.max() for length in lengths.values())
    norm = LogNorm(top / 300, top, clip=True)
    x, y = (np.sort(field[axis].unique()) for axis in ("x0", "x1"))
    for axes, (source, length) in zip(panels, lengths.items(), strict=True):
        table = field.assign(length=length).pivot(index="x1", columns="x0", values="length")
        image = axes.pcolormesh(x, y, table, norm=norm, cmap=style.SEQUENCE, rasterized=True)
        few = field[field["x0"].isin(x[ARROWS]) & field["x1"].isin(y[ARROWS])]
        direction = few[[f"{source}_score0", f"{source}_score1"]].to_numpy()
        direction = direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-9)
        axes.quiver(few["x0"], few["x1"], *direction.T, color="white", scale=24, width=0.004)
        axes.set(aspect="equal", title=source, xlabel="$x_0$ (data units)")
    panels[0].set_ylabel("$x_1$ (data units)")
    figure.colorbar(image, ax=panels, label="Length of the score (per data unit)")
    figure.suptitle(f"t = {field['t'].iloc[0]}")
    return figure

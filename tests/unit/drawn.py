"""What the tests of figures share: what a reader reads, rows of metrics."""

import numpy as np
import pandas as pd
from matplotlib.legend import Legend

from mirage.metrics.names import AT

NOTHING = pd.DataFrame()


def texts(drawn):
    """All that a reader of the figure can read in its panels and legends."""
    panels = [text.get_text() for axes in drawn.axes for text in axes.texts]
    return panels + legend_texts(drawn)


def legend_texts(drawn):
    return [text.get_text() for legend in drawn.findobj(Legend) for text in legend.get_texts()]


def metric(name, value, generation=0, filter="shared", seed=0, **others):
    row = {"experiment": "grid", "seed": seed, "filter": filter, "generation": generation}
    numbers = {"low": value - 0.01, "high": value + 0.01, "floor": np.nan, "n": 1000}
    return {**row, "metric": name, **dict.fromkeys(AT), "value": value, **numbers, **others}

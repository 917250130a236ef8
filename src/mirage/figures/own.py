"""Figures by their names in the registry: functions whose arguments are names of tables."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mirage.registry import FIGURES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

OF_ALL = ("metrics", "summary")
OF_SHOWN = ("samples", "scores", "roc", "trajectories")
TABLES = (*OF_ALL, *OF_SHOWN)
"""Tables that a figure may ask for: over all seeds and generations, or of generation 0 of the
replicate that figures show."""


def arguments(name: str) -> list[str]:
    """The tables that a figure asks for.

    Raises:
        RegistryError: naming the figure, if it asks for another.
    """
    asked = list(inspect.signature(FIGURES[name]).parameters)
    for table in asked:
        if table not in TABLES:
            allowed = ", ".join(TABLES)
            raise FIGURES.fault(name, f"asks for table {table!r}; allowed: {allowed}")
    return asked


def plot(name: str, tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Let a figure be plotted.

    Raises:
        RegistryError: naming the figure, if it gives something else.
    """
    from matplotlib.figure import Figure

    figure = FIGURES[name](**tables)
    if not isinstance(figure, Figure):
        raise FIGURES.fault(name, f"gave {figure!r:.60}; allowed: a matplotlib Figure")
    return figure

"""When the quality of pictures falls, as models train on their own samples."""

import pandas as pd

METRIC = "fid"


def collapse(metrics: pd.DataFrame, filter: str) -> tuple[int | None, int]:
    """The generation in which collapse shows, if it does.

    It shows where the Frechet distance is above that of generation 0 in every seed, interval
    from interval, in this generation and in all later ones. A seed without one is not above.

    Args:
        metrics: table METRICS of one experiment, of one or more seeds.
        filter: whose generations.

    Returns:
        That generation, or None; and the last that was measured, 0 if none was.
    """
    rows = metrics[metrics["metric"] == METRIC]
    first = rows[rows["generation"] == 0].set_index("seed")["high"]
    later = rows[(rows["filter"] == filter) & (rows["generation"] > 0)]
    worse = later["low"] > later["seed"].map(first)
    shown, last = None, 0
    for generation, seeds in worse.groupby(later["generation"]):
        every = len(seeds) == len(first) and seeds.all()
        shown = (generation if shown is None else shown) if every else None
        last = generation
    return shown, last

"""Walks that a perfect model of shapes begins, and others end."""

import pandas as pd
import torch

from mirage.figures import handed_over as figure
from mirage.metrics.rates import pooled
from mirage.samplers import handing_over


def test_a_walk_is_handed_over_at_its_time():
    model = handing_over(lambda x, t: x + 1, lambda x, t: x + 2, at=300)
    x = torch.zeros(1)
    assert [float(model(x, torch.tensor(t))) for t in (999, 301, 300, 0)] == [1, 1, 2, 2]


def handed_over() -> pd.DataFrame:
    """Two seeds of 100 pictures, and how many of them are blank."""
    rows = []
    for seed in (0, 1):
        for then, t, blanks in (
            ("exact", 999, 0),
            ("network", 300, 2 * seed),
            ("network", 999, 6),
            ("uncoupled", 300, 4),
            ("uncoupled", 999, 20),
        ):
            for label, hits in (("valid", 100 - blanks), ("blank", blanks)):
                if hits:
                    rows.append((seed, then, t, label, hits, 100, hits / 100))
    columns = ["seed", "then", "t", "label", "hits", "n", "value"]
    return pd.DataFrame(rows, columns=columns)


def test_pictures_of_all_seeds_are_counted_together_also_those_of_seeds_without_the_label():
    rows = pooled(handed_over()).set_index(["then", "t", "label"])
    for walk, blanks in ((("network", 300), 2), (("exact", 999), 0), (("uncoupled", 999), 40)):
        row = rows.loc[(*walk, "blank")]
        assert (row["hits"], row["n"], row["value"]) == (blanks, 200, blanks / 200)


def test_the_figure_shows_shares_by_the_time_of_handing_over():
    drawn = figure.draw(handed_over())
    (axes,) = drawn.axes
    lines = {bars.get_label(): bars.lines[0].get_xydata().tolist() for bars in axes.containers}
    assert lines == {
        "blank, the network": [[300, 1], [999, 6]],
        "blank, no coupling": [[300, 4], [999, 20]],
    }
    title = "n = 200 pictures each, 2 seeds; by the perfect model alone 0 wrong"
    assert drawn.get_suptitle() == title

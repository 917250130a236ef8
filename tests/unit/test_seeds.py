"""Seeds as replicates: intervals, paired comparisons, and the parts of a variance."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp, ttest_rel

from mirage.metrics.names import AT
from mirage.metrics.statistics import mean_over_seeds, summarise, variance_parts


def test_the_interval_over_seeds_is_that_of_students_t():
    values = pd.Series([0.011, 0.015, 0.012, 0.019])
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    found = mean_over_seeds(values)
    assert (found["low"], found["high"]) == pytest.approx(tuple(expected))
    assert found["value"] == pytest.approx(values.mean())
    assert found["seeds"] == 4


def test_one_seed_has_a_value_and_no_interval():
    found = mean_over_seeds(pd.Series([0.3]))
    assert found["value"] == 0.3
    assert math.isnan(found["low"])
    assert math.isnan(found["high"])


def test_a_seed_without_a_value_is_no_replicate():
    assert mean_over_seeds(pd.Series([1.0, np.nan, 2.0]))["seeds"] == 2
    assert math.isnan(mean_over_seeds(pd.Series([np.nan]))["value"])


def test_the_interval_covers_the_truth_at_its_rate():
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(2000):
        found = mean_over_seeds(pd.Series(rng.normal(1, 2, 3)))
        hits += found["low"] <= 1 <= found["high"]
    # Four standard errors of a share of 0.95 in 2000.
    assert hits / 2000 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 2000))


def metrics(**by_filter):
    rows = []
    for name, values in by_filter.items():
        for seed, value in enumerate(values):
            rows.append({"seed": seed, "filter": name, "value": value})
    taken = dict.fromkeys(AT, None) | {"threshold": 5.0}
    table = pd.DataFrame(rows).assign(metric="hallucination_rate", **taken)
    return table.assign(generation=1, experiment="grid")


def test_filters_are_compared_on_the_same_seeds():
    hal, random = [0.010, 0.030, 0.020], [0.021, 0.038, 0.033]
    table = summarise(metrics(hal=hal, random=random)).set_index(["filter", "against"])
    expected = ttest_rel(hal, random).confidence_interval(0.95)
    paired = table.loc[("hal", "random")]
    assert (paired["low"], paired["high"]) == pytest.approx(tuple(expected))
    alone = {
        name: table.loc[(name, None), end] for name, end in (("hal", "high"), ("random", "low"))
    }
    # Seeds differ more than filters do: apart, the two could not be told.
    assert paired["high"] < 0
    assert alone["hal"] > alone["random"]
    assert table.loc[("random", "hal"), "value"] == pytest.approx(-paired["value"])


def test_metrics_are_summed_up_apart_by_all_that_they_are_taken_at():
    first = metrics(hal=[0.1, 0.2])
    others = ({"threshold": 3.0}, {"label": "blank"}, {"detector": "hal", "first": 0, "last": 4})
    table = summarise(pd.concat([first, *(first.assign(value=1, **at) for at in others)]))
    assert table["value"].tolist() == pytest.approx([0.15, 1, 1, 1])
    assert table["threshold"].tolist() == [5, 3, 5, 5]
    assert table["label"].notna().tolist() == [False, False, True, False]
    assert table["last"].notna().tolist() == [False, False, False, True]


def test_a_seed_that_one_filter_lacks_is_left_out_of_the_comparison():
    table = summarise(metrics(hal=[0.1, 0.2, 0.3], random=[0.2, 0.3]))
    assert table.set_index(["filter", "against"]).loc[("hal", "random"), "seeds"] == 2


def design(data, training, interaction, sampling, seeds, rng):
    """Rates of a crossed design whose parts have given standard deviations."""
    a = data * rng.standard_normal(seeds)
    b = training * rng.standard_normal(seeds)
    both = interaction * rng.standard_normal((seeds, seeds))
    rows = [
        {
            "data_seed": i,
            "training_seed": j,
            "sampling_seed": k,
            "value": 1 + a[i] + b[j] + both[i, j] + sampling * rng.standard_normal(),
        }
        for i in range(seeds)
        for j in range(seeds)
        for k in range(seeds)
    ]
    return pd.DataFrame(rows)


def test_parts_of_a_variance_are_recovered_on_average():
    rng = np.random.default_rng(0)
    found = pd.DataFrame(
        [variance_parts(design(0.3, 0.6, 0.0, 0.1, 12, rng)) for _ in range(30)]
    ).mean()
    # Variances of 0.09, 0.36, 0, 0.01; each estimate has about 11 degrees of freedom.
    assert found["data"] == pytest.approx(0.09, rel=0.4)
    assert found["training"] == pytest.approx(0.36, rel=0.4)
    assert found["interaction"] < 0.002
    assert found["sampling"] == pytest.approx(0.01, rel=0.05)


@pytest.mark.parametrize("seed", ["data_seed", "training_seed"])
def test_a_rate_that_depends_on_one_seed_has_all_its_variance_there(seed):
    rates = design(0, 0, 0, 0, 3, np.random.default_rng(0))
    rates["value"] = rates[seed].map({0: 1.0, 1: 2.0, 2: 6.0})
    parts = variance_parts(rates)
    name = seed.removesuffix("_seed")
    assert parts.pop(name) == pytest.approx(np.var([1, 2, 6], ddof=1))
    assert max(parts.values()) == pytest.approx(0, abs=1e-12)


def test_an_unbalanced_design_is_refused():
    rates = design(1, 1, 1, 1, 3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="every training seed"):
        variance_parts(rates.iloc[:-1])
    with pytest.raises(ValueError, match="every training seed"):
        variance_parts(rates[rates["sampling_seed"] == 0])

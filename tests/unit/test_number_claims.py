"""Claims on rates, slopes and detectors: hand-made tables with known verdicts."""

import math

import numpy as np
import pandas as pd
import pytest
from hand_made import (
    causes,
    cell,
    of_seeds,
    statistic,
    told,
)
from scipy.stats import poisson, ttest_1samp

from mirage_workflow.findings.find import find


def test_counts_are_held_against_their_floor():
    table = pd.concat(
        of_seeds("label_rate", [0.01] * 3, 1_000, label=label, floor=0.001)
        for label in ("duplicate", "blank")
    )
    asked = {"name": "excess_rate", "metric": "label_rate", "label": "duplicate", "rate": 0.005}
    found = find(statistic(**asked), table)
    assert found.evidence.holds == pytest.approx(poisson.sf(19, 2), abs=0)


@pytest.mark.parametrize(
    ("hits", "within", "same"),
    [(10, True, True), (20, True, False), (40, False, False), (1, True, False)],
)
def test_the_true_score_is_within_floors_or_is_the_floor(hits, within, same):
    table = causes(n=1_000_000, true_ddpm=[hits * 1e-5] * 5)
    asked = {"of": cell("true_ddpm"), "threshold": 5}
    found = find(statistic(name="cause_within_floor", margin=3, **asked), table)
    assert (found.evidence.holds < 0.05) == within
    assert found.bound == pytest.approx(3e-4)
    found = find(statistic(name="cause_is_floor", margin=1.2, **asked), table)
    assert (found.evidence.holds < 0.05) == same


def test_what_rests_on_few_samples_is_compared_as_such():
    table = pd.concat([causes(learned_ddpm=[6e-4] * 5), causes(n=400, empirical_ddpm=[0.0] * 5)])
    asked = {"of": cell("learned_ddpm"), "than": cell("empirical_ddpm")}
    assert find(statistic(name="cause_excess", **asked), table).evidence.holds > 0.05


def test_ratios_are_of_the_same_seeds():
    table = causes(learned_ddim=[0.02, 0.06, 0.04], learned_ddpm=[0.01, 0.03, 0.021])
    asked = {"of": cell("learned_ddim"), "to": cell("learned_ddpm"), "above": 1}
    found = find(statistic(name="cause_ratio", **asked), table)
    assert found.value == pytest.approx(np.exp(np.log([2, 2, 4 / 2.1]).mean()), rel=1e-3)
    assert found.evidence.holds < 0.01


def test_what_the_true_score_shows_with_the_same_sampler_is_taken_off():
    table = causes(
        learned_ddim_few=[0.030, 0.042, 0.050],
        learned_ddim_few_tail=[0.02, 0.026, 0.029],
        true_ddim_few=[0.010] * 3,
        true_ddim_few_tail=[0.001] * 3,
    )
    asked = {"of": cell("learned_ddim_few_tail"), "to": cell("learned_ddim_few"), "below": 1}
    found = find(statistic(name="cause_ratio", beyond_true=True, **asked), table)
    ratios = np.array([0.019 / 0.020, 0.025 / 0.032, 0.028 / 0.040])
    assert found.value == pytest.approx(np.exp(np.log(ratios).mean()), rel=1e-3)
    own = table.assign(value=table["value"].where(table["model"] == "true", 0.001))
    nothing = find(statistic(name="cause_ratio", beyond_true=True, **asked), own)
    assert nothing.reason == "no more samples than with the true score"


def test_one_seed_of_the_true_score_is_taken_off_without_a_verdict():
    table = causes(
        learned_ddim_few=[0.03],
        learned_ddim_few_tail=[0.02],
        true_ddim_few=[0.01],
        true_ddim_few_tail=[0.001],
    )
    asked = {"of": cell("learned_ddim_few_tail"), "to": cell("learned_ddim_few"), "below": 1}
    found = find(statistic(name="cause_ratio", beyond_true=True, **asked), table)
    assert (found.reason, found.seeds) == ("", 1)
    assert found.value == pytest.approx(0.019 / 0.020, rel=1e-3)
    assert math.isnan(found.evidence.holds)


def test_slopes_are_averaged_over_pairs_within_a_seed():
    table = pd.DataFrame(
        {"seed": [0, 0, 1, 1], "noise_fraction": [0.25, 0.25, 0.25, 1.0], "ratio": [0, 1, 0.2, 9]}
    )
    found = find(statistic(name="slope_ratio", noise_fraction=0.25, below=1), table)
    assert (found.value, found.seeds) == (pytest.approx(math.sqrt(0.5 * 0.2)), 2)


def test_slopes_are_judged_by_their_logarithms_and_a_falling_one_counts_as_flat():
    ratios = [0.2, 0.3, 0.5, -0.1]
    table = pd.DataFrame({"seed": range(4), "noise_fraction": 0.25, "ratio": ratios})
    found = find(statistic(name="slope_ratio", noise_fraction=0.25, below=1), table)
    logs = np.log([0.2, 0.3, 0.5, 0.01])
    assert found.evidence.holds == pytest.approx(ttest_1samp(logs, 0, alternative="less").pvalue)


def test_what_hal_keeps_is_measured_where_its_threshold_was_not_found():
    table = pd.DataFrame(
        {
            "from_seed": [0, 0, 0, 1, 2],
            "seed": [0, 1, 0, 1, 2],
            "generation": [0, 0, 1, 0, 0],
            "choice": "scoring",
            "threshold": 0.1,
            "specificity": [0.97, 0.5, 0.6, 0.98, 0.975],
            "sensitivity": [0.94, 0.1, 0.1, 0.96, 0.92],
            "valid": 100_000,
            "hallucinated": [1_000, 1_000, 1_000, 1_000, 2_000],
        }
    )
    found = find(statistic(name="kept_at_95_found", above=0.96), table)
    assert found.value == pytest.approx(0.975, abs=0.001)
    assert found.sensitivity[0] == pytest.approx((94 + 96 + 184) / 400)
    assert 0.92 < found.sensitivity[1] < found.sensitivity[0] < found.sensitivity[2] < 0.95
    assert found.seeds == 3
    assert found.evidence.holds < 0.05
    few = find(statistic(name="kept_at_95_found", above=0.96), table.assign(hallucinated=20))
    assert few.evidence.holds > 0.05
    assert few.unclear == "of 60 hallucinations 84.1% to 97.4% found"
    none = table.assign(threshold=np.nan, specificity=np.nan, sensitivity=np.nan)
    assert "19 hallucinations" in find(statistic(name="kept_at_95_found", above=0.96), none).reason
    best = statistic(name="kept_at_95_found", choice="best", above=0.96)
    assert find(best, table).reason == "not measured in this run"
    assert find(best, table.assign(choice="best")).value == found.value


def test_an_area_under_the_curve_is_told_from_chance_by_seed():
    found = find(
        statistic(name="auroc", choice="official", above=0.5), told(auroc=[0.8, 0.9, 0.85, 0])
    )
    assert found.value == pytest.approx(0.855, abs=0.005)
    assert found.low < 0.855 < found.high
    assert (found.seeds, found.evidence.holds < 0.05) == (3, True)
    chance = told(auroc=[0.51, 0.49, 0.505, 1])
    assert find(statistic(name="auroc", choice="official", above=0.5), chance).evidence.holds > 0.2
    undefined = told(auroc=[np.nan] * 4)
    nothing = find(statistic(name="auroc", choice="official", above=0.5), undefined)
    assert "undefined for 3 of 3 seeds" in nothing.reason


def test_what_a_discard_is_worth_is_its_recall_or_its_precision():
    table = told(recall=[0.96, 0.98, 0.97, 0.1], precision=[0.79, 0.8, 0.795, 0.1])
    asked = {"name": "discard", "choice": "official"}
    recall = find(statistic(**asked, share="recall", above=0.95), table)
    assert recall.value == pytest.approx(0.97, abs=0.005)
    precision = find(statistic(**asked, share="precision", above=0.5), table)
    assert precision.value == pytest.approx(0.795, abs=0.005)
    assert precision.evidence.holds < 0.01


def test_other_metrics_than_rates_are_compared_as_they_are():
    fid = pd.concat(
        of_seeds("fid", values, filter=name, generation=2)
        for name, values in {"hal": [1.0, 2.0, 3.0], "random": [2.0, 4.1, 5.9]}.items()
    )
    found = find(
        statistic(name="filter_ratio", metric="fid", filter="hal", to="random", below=1), fid
    )
    assert found.value == pytest.approx(0.5, rel=0.01)
    assert found.evidence.holds < 0.01

"""Windows and thresholds are chosen on samples that they are not tested on."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from mirage.detectors import Score
from mirage.metrics import kept, transfer, windows

WINDOWS = [(0, 1), (0, 4)]


def scores(n=400, seed=0):
    """hal_0_4 tells all hallucinations, hal_0_1 tells none; every fifth is hallucinated."""
    rng = np.random.default_rng(seed)
    hallucinated = np.arange(n) % 5 == 0
    return pd.DataFrame(
        {
            "sample": range(n),
            "hal_0_1": rng.random(n),
            "hal_0_4": rng.random(n) + hallucinated,
            "label": np.where(hallucinated, "interpolated", "valid"),
        }
    )


def by_name(rows):
    return {(row.metric, row.choice): row for row in rows}


def test_the_best_window_is_found_and_compared_with_the_predicted():
    table = scores()
    rows = by_name(windows.measure(table, WINDOWS, (0, 1)))
    assert rows["window_steps", "best"].value == 5
    assert rows["window_steps", "predicted"].value == 2
    assert rows["window_auroc", "best"].value == 1
    half = table.iloc[1::2]
    expected = roc_auc_score(half["label"] != "valid", half["hal_0_1"])
    row = rows["window_auroc", "predicted"]
    assert row.value == pytest.approx(expected)
    assert row.low < expected < row.high
    assert row.n == 200
    assert (row.detector, row.first, row.last) == ("hal", 0, 1)


def test_the_choice_rests_on_the_calibration_half_alone():
    table = scores()
    test = table["sample"] % 2 == 1
    table.loc[test, ["hal_0_1", "hal_0_4"]] = table.loc[test, ["hal_0_4", "hal_0_1"]].to_numpy()
    rows = by_name(windows.measure(table, WINDOWS, (0, 4)))
    assert rows["window_steps", "best"].value == 5
    assert rows["window_auroc", "best"].value < 0.7


@pytest.mark.parametrize("label", ["valid", "invalid"])
def test_with_one_class_the_auroc_is_undefined_and_no_window_best(label):
    rows = by_name(windows.measure(scores().assign(label=label), WINDOWS, (0, 4)))
    assert math.isnan(rows["window_steps", "best"].value)
    assert rows["window_steps", "best"].last is None
    assert math.isnan(rows["window_auroc", "best"].value)
    assert math.isnan(rows["window_auroc", "predicted"].value)
    assert rows["window_steps", "predicted"].value == 5


def test_a_class_that_one_half_lacks_is_as_if_absent():
    table = scores()
    table["label"] = np.where(table["sample"] == 7, "invalid", "valid")
    rows = by_name(windows.measure(table, WINDOWS, (0, 4)))
    assert math.isnan(rows["window_auroc", "predicted"].value)


def test_candidates_fit_the_walk_and_hold_the_predicted_window():
    found = windows.candidates((0, 8), 20)
    assert (0, 8) in found
    assert max(last for _, last in found) == 19
    assert all(first == 0 for first, _ in found)
    assert found == sorted(set(found))


def test_a_threshold_finds_95_percent_of_its_calibration_half():
    table = scores(4000)
    found = transfer.threshold(table, Score("hal", 0, 1))
    half = table[table["sample"] % 2 == 0]
    hits = half.loc[half["label"] != "valid", "hal_0_1"]
    assert (hits >= found).mean() == pytest.approx(0.95, abs=1.01 / len(hits))


def test_a_threshold_is_tested_by_what_it_finds_and_keeps():
    table = pd.DataFrame(
        {
            "sample": range(7),
            "hal_0_4": [0.1, 0.2, 0.9, 0.8, 0.3, np.nan, 0.5],
            "label": ["valid", "valid", "valid", "invalid", "interpolated", "invalid", "valid"],
        }
    )
    found = transfer.test(table, Score("hal", 0, 4), 0.5)
    assert found["sensitivity"] == pytest.approx(2 / 3)  # one that is not finite is suspicious
    assert found["specificity"] == pytest.approx(2 / 4)  # 0.5 itself is flagged
    assert (found["hallucinated"], found["valid"]) == (3, 4)
    assert found["sensitivity_low"] < 2 / 3 < found["sensitivity_high"]


@pytest.mark.parametrize(("hallucinated", "known"), [(0, False), (18, False), (19, True)])
def test_a_threshold_takes_19_hallucinations(hallucinated, known):
    """Of fewer even the lowest score misses more than 5 % of those to come."""
    table = scores()
    in_half = (table["sample"] % 2 == 0) & (table["sample"] < 2 * hallucinated)
    table["label"] = np.where(in_half | (table["sample"] % 2 == 1), "invalid", "valid")
    found = transfer.threshold(table, Score("hal", 0, 4))
    assert math.isnan(found) != known
    if known:
        assert found == table.loc[in_half, "hal_0_4"].min()


COMPARED = [Score("hal", 0, 1), Score("hal", 0, 4), Score("hal", 0, 9)]


def told_by(columns: dict[str, bool], n: int = 4_000) -> pd.DataFrame:
    """One sample in ten is hallucinated, which some scores tell and some do not."""
    rng = np.random.default_rng(1)
    hallucinated = rng.random(n) < 0.1
    scores = {name: rng.random(n) + 0.5 * hallucinated * tells for name, tells in columns.items()}
    label = np.where(hallucinated, "interpolated", "valid")
    return pd.DataFrame({"sample": range(n), "label": label, **scores})


def chosen(first: dict, choice: str, compared: list[Score] = COMPARED):
    """The window of a choice by seed, and the samples of its threshold."""
    found = transfer.choices(first, COMPARED[0], compared)
    return {seed: what for (seed, name), what in found.items() if name == choice}


TELLS_4 = {"hal_0_1": False, "hal_0_4": True, "hal_0_9": False}
TELLS_9 = {"hal_0_1": False, "hal_0_4": False, "hal_0_9": True}


def test_the_best_window_of_a_seed_is_chosen_on_the_others():
    first = {0: told_by(TELLS_9), 1: told_by(TELLS_4), 2: told_by(TELLS_4)}
    best = chosen(first, "best")
    assert best[0].score == COMPARED[1]  # though its own samples say otherwise
    assert best[0].scores is first[0]
    # Of two seeds that disagree the mean decides: here one of them tells better.
    first[2].loc[first[2]["label"] != "valid", "hal_0_4"] += 1
    assert chosen(first, "best")[1].score == COMPARED[1]


def test_with_one_seed_the_best_window_its_threshold_and_its_test_have_samples_of_their_own():
    table = told_by(TELLS_4)
    elsewhere = table["sample"] % 4 != 0
    table.loc[elsewhere, ["hal_0_4", "hal_0_9"]] = table.loc[elsewhere, ["hal_0_9", "hal_0_4"]]
    best = chosen({0: table}, "best")[0]
    assert best.score == COMPARED[1]
    assert set(best.scores["sample"] % 4) == {2}
    assert len(chosen({0: table}, "official")[0].scores) == len(table)


def test_the_official_window_is_the_last_ten_steps_and_the_experiments_own_stands_beside():
    first = {3: told_by(TELLS_4)}
    assert chosen(first, "official")[3].score == Score("hal", 0, 9)
    assert chosen(first, "scoring")[3].score == COMPARED[0]


def test_no_window_is_best_or_official_where_that_cannot_be_told():
    first = {0: told_by({"hal_0_1": True}).assign(label="valid")}
    assert [*transfer.choices(first, COMPARED[0], COMPARED[:1])] == [(0, "scoring")]
    first[1] = told_by({"hal_0_1": True})
    assert [*chosen(first, "best", COMPARED[:1])] == [0]  # by seed 1, for which there is no other


def test_the_official_discard_drops_2_500_of_102_500_with_the_highest_scores():
    scores = np.random.default_rng(0).random(102_500)
    dropped = transfer.discarded(scores)
    assert len(dropped) == 2_500
    assert scores[dropped].min() > np.delete(scores, dropped).max()
    assert transfer.discarded(np.zeros(41)).tolist() == [40]  # as filters keep the first


def test_a_discard_is_worth_what_it_finds_and_how_much_of_it_is_hallucinated():
    table = pd.DataFrame({"sample": range(410), "label": "valid", "hal_0_1": np.arange(410.0)})
    table.loc[[400, 405, 409, 3, 5], "label"] = "interpolated"
    found = transfer.told_apart(table, COMPARED[0])
    assert found["discarded"] == 10
    assert (found["recall"], found["precision"]) == (pytest.approx(3 / 5), pytest.approx(3 / 10))
    assert found["recall_low"] < 3 / 5 < found["recall_high"]
    hits = table["label"] != "valid"
    assert found["auroc"] == pytest.approx(roc_auc_score(hits, table["hal_0_1"]))
    shuffled = table.assign(hal_0_1=np.random.default_rng(0).permutation(410))
    assert transfer.told_apart(shuffled, COMPARED[0])["recall"] == 0


def test_without_hallucinations_there_is_no_threshold_and_no_test():
    table = scores().assign(label="valid")
    threshold = transfer.threshold(table, Score("hal", 0, 4))
    assert math.isnan(threshold)
    found = transfer.test(scores(), Score("hal", 0, 4), threshold)
    assert math.isnan(found["sensitivity"])
    assert math.isnan(found["specificity"])
    known = transfer.test(table, Score("hal", 0, 4), 0.5)
    assert math.isnan(known["auroc"])
    assert math.isnan(known["recall"])
    assert known["precision"] == 0
    assert math.isnan(known["sensitivity"])
    assert 0 < known["specificity"] < 1


def test_what_a_window_keeps_is_told_on_the_odd_samples_with_thresholds_of_the_even():
    table = scores()
    even = table["sample"] % 2 == 0
    table.loc[~even, "hal_0_4"] += 0.5  # a shift that the threshold cannot know
    told = windows.measure(table, WINDOWS, (0, 1))
    rows = by_name(kept.measure(table, told))
    threshold = transfer.threshold(table, Score("hal", 0, 4))
    odd = table[~even]
    valid = odd["label"] == "valid"
    assert rows["window_kept", "best"].value == (odd["hal_0_4"] < threshold)[valid].mean()
    assert rows["window_kept", "best"].n == valid.sum()
    assert rows["window_found", "best"].value == 1
    assert rows["window_kept", "predicted"].value < 0.2  # of scores that tell nothing
    row = rows["window_kept", "predicted"]
    assert (row.detector, row.first, row.last) == ("hal", 0, 1)
    assert row.low < row.value < row.high


def test_without_enough_hallucinations_nothing_is_said_to_be_kept():
    table = scores().assign(label="valid")
    rows = kept.measure(table, windows.measure(table, WINDOWS, (0, 1)))
    assert [(row.choice, math.isnan(row.value)) for row in rows] == [("predicted", True)] * 2

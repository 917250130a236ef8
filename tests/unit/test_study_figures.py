"""Figures of studies show what is in their tables."""

import math

import numpy as np
import pandas as pd
import pytest

from mirage.figures import (
    bridges,
    by_bridge,
    causes,
    claims_audit,
    crossed,
    density_by_level,
    eta,
    score,
    score_field,
    slopes,
    sweeps,
    transfer,
    windows,
)
from mirage_workflow.config.sweeps import number


def legend_texts(drawn):
    legends = [*drawn.legends, *(axes.get_legend() for axes in drawn.axes)]
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def title(drawn):
    return drawn.get_suptitle()


class TestCauses:
    @pytest.fixture
    def table(self):
        rows = [
            {"sampler": sampler, "threshold": threshold, "part": part, "value": value}
            for sampler in ("ddpm", "ddim")
            for threshold in (3.0, 5.0, 6.0)
            for part, value in {"sampler": 0.0, "data": 1e-4, "network": 0.9, "excess": 0.9}.items()
        ]
        return pd.DataFrame(rows).assign(low=np.nan, high=np.nan, seeds=1, n=500)

    def test_each_part_of_each_sampler_is_a_point(self, table):
        drawn = causes.draw(table)
        assert len(drawn.axes) == 2  # thresholds of 3 and 5
        for axes in drawn.axes:
            points = [line for line in axes.lines if line.get_marker() not in ("", "None", None)]
            heights = sorted(point.get_ydata().tolist() for point in points)
            assert [0, 0] in heights
            assert [pytest.approx(0.01)] * 2 in heights
            assert axes.get_ylim()[1] > 90

    def test_the_title_says_what_it_rests_on(self, table):
        assert "1 seed;" in title(causes.draw(table))
        assert "n = 500" in title(causes.draw(table))
        assert len(legend_texts(causes.draw(table))) == 4


def score_lines(names):
    rows = [
        {"line": name, "t": t, "position": position, "true_score": position, "learned_score": 0.0}
        for name in names
        for t in (4, 13)
        for position in (0.0, 0.5, 1.0)
    ]
    return pd.DataFrame(rows).assign(true_x0_hat=1.0, learned_x0_hat=2.0)


@pytest.mark.parametrize(("names", "panels"), [(["modes"], 4), (["edge", "diagonal"], 8)])
def test_scores_have_a_panel_for_each_line_quantity_and_time(names, panels):
    drawn = score.draw(score_lines(names))
    assert len(drawn.axes) == panels
    assert [axes.get_title() for axes in drawn.axes[:2]] == ["t = 4", "t = 13"]
    assert legend_texts(drawn) == ["true", "learned"]
    true, learned = drawn.axes[0].lines
    assert true.get_ydata().tolist() == [0.0, 0.5, 1.0]
    assert learned.get_ydata().tolist() == [0.0, 0.0, 0.0]


def test_a_field_is_drawn_on_one_scale_with_its_arrows():
    axis = np.linspace(0, 1, 9)
    x0, x1 = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    field = pd.DataFrame({"t": 4, "x0": x0, "x1": x1, "true_score0": 10.0, "true_score1": x1})
    drawn = score_field.draw(field.assign(learned_score0=0.0, learned_score1=1.0))
    true, learned = drawn.axes[:2]
    assert (true.get_title(), learned.get_title()) == ("true", "learned")
    assert true.collections[0].norm is learned.collections[0].norm
    lengths = true.collections[0].get_array()
    assert lengths.max() == pytest.approx(np.hypot(10, 1))
    assert title(drawn) == "t = 4"


def followed(hits):
    return pd.DataFrame(
        {
            "seed": 0,
            "update": [1, 2, 3],
            "first": 0,
            "second": 1,
            "t": 9,
            "noise_fraction": 0.5,
            "ratio": [0.1, 0.2, 0.3],
            "hits": hits,
            "n": 100,
        }
    )


def test_the_relation_is_said_above_its_panel():
    assert "R² 1.00" in slopes.draw(followed([30, 20, 10])).axes[0].get_title()
    assert "R² undefined" in slopes.draw(followed([0, 0, 0])).axes[0].get_title()
    assert title(slopes.draw(followed([3, 2, 1]))) == "1 pairs, n = 100 samples, 1 seed"


def sweep(seeds=1):
    rows = [
        {"factor": factor, "level": level, "seed": seed, "value": value}
        for seed in range(seeds)
        for factor, level, value in (
            ("base", "base", 0.02),
            ("training_size", "infinite", 0.01),
            ("training_size", "1000", 0.04),
            ("training_size", "200", 0.0),
            ("tied", "untied", 0.03),
        )
    ]
    at = {"threshold": 5.0, "match_threshold": np.nan}
    table = pd.DataFrame(rows).assign(metric="hallucination_rate", n=100, **at)
    table["level_number"] = table["level"].map(number)
    table = table.assign(low=table["value"] / 2, high=table["value"] * 2 + 0.01, floor=1e-6)
    on = table.assign(metric="endpoint_rate", label="bridge", value=table["value"] / 4)
    alone = {"second_factor": None, "second_level": None, "second_level_number": np.nan}
    return pd.concat([table.assign(label=None), on]).assign(**alone, true_value=0.005)


class TestSweeps:
    @pytest.mark.parametrize("seeds", [1, 3])
    def test_a_panel_for_each_factor_with_levels_by_size(self, seeds):
        drawn = sweeps.draw(sweep(seeds))
        shown = [axes for axes in drawn.axes if axes.get_visible()]
        assert [axes.get_xlabel() for axes in shown] == ["training size", "tied"]
        ticks = [label.get_text() for label in shown[0].get_xticklabels()]
        assert ticks == ["200", "1000", "infinite"]

    def test_a_rate_of_zero_can_be_seen(self):
        axes = sweeps.draw(sweep()).axes[0]
        assert axes.get_yscale() == "symlog"
        assert axes.get_ylim()[0] == 0

    def test_the_base_is_a_line_and_no_factor(self):
        axes = sweeps.draw(sweep()).axes[1]
        dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
        assert dotted[0].get_ydata() == pytest.approx([2, 2])

    @pytest.mark.parametrize("seeds", [1, 3])
    def test_bridges_and_the_true_score_stand_beside(self, seeds):
        axes = sweeps.draw(sweep(seeds)).axes[1]
        heights = {round(float(y), 3) for line in axes.lines for y in line.get_ydata()}
        assert {3, 0.75, 0.5, 2} <= heights  # bars end elsewhere
        assert legend_texts(sweeps.draw(sweep(seeds))) == [
            *("beyond the threshold", "on bridges", "true score, beyond the threshold")
        ]

    def test_models_that_differ_in_two_things_are_left_out(self):
        both = sweep().assign(second_factor="updates", second_level="9", value=0.5)
        axes = sweeps.draw(pd.concat([sweep(), both])).axes[1]
        assert 50 not in {round(float(y)) for line in axes.lines for y in line.get_ydata()}

    def test_the_title_states_threshold_floor_and_seeds(self):
        said = title(sweeps.draw(sweep(3)))
        for words in ("5 std", "n = 100", "3 seeds", "perfect sampler: 0.0001 %"):
            assert words in said


def counted(factor, level, counts, seed=0):
    """Counts in bins of 1 from 0 on, of a true density of two modes at the ends."""
    left = np.arange(len(counts))
    true = np.where((left == 0) | (left == left[-1]), 0.5, 0.0)
    table = {"left": left, "right": left + 1, "count": counts, "n": 100, "true_density": true}
    at = {"factor": factor, "level": level, "level_number": number(level), "seed": seed}
    return pd.DataFrame(table).assign(coordinate=0, second_factor=None, **at)


class TestDensityByLevel:
    @pytest.fixture
    def drawn(self):
        levels = {"10000": [50, 0, 0, 50], "infinite": [50, 0, 0, 50], "200": [49, 1, 0, 50]}
        parts = [
            counted("training_size", name, of, k) for name, of in levels.items() for k in (0, 1)
        ]
        parts += [counted("width", "64", [9, 9, 9, 9])]
        modes = [["training_size", name, [[0.5], [3.5]], 0.1] for name in levels]
        return density_by_level.draw(pd.concat(parts), modes)

    def test_a_panel_for_each_level_by_size_and_none_of_other_factors(self, drawn):
        assert [axes.get_title() for axes in drawn.axes] == ["200", "10000", "infinite"]
        assert drawn.axes[0].get_ylabel().startswith("training size")

    def test_seeds_are_pooled_on_a_log_scale_that_shows_one_sample(self, drawn):
        (stairs,) = drawn.axes[0].patches[-1:]
        assert stairs.get_data().values.tolist() == [0.49, 0.01, 0, 0.5]
        assert drawn.axes[0].get_yscale() == "log"
        assert drawn.axes[0].get_ylim()[0] == pytest.approx(0.0025)
        assert title(drawn) == (
            "n = 200 samples a panel, 2 seeds; one sample in a bin is a density of 0.005"
        )

    def test_an_empty_bin_has_no_ink_where_other_bins_are_narrower(self):
        wide = counted("std", "2", [50, 0, 0, 50])
        narrow = counted("std", "1", [50, 0, 0, 50])
        wide[["left", "right"]] *= 4
        modes = [["std", name, [[0.5], [3.5]], 0.1] for name in ("1", "2")]
        drawn = density_by_level.draw(pd.concat([narrow, wide]), modes)
        bottom = drawn.axes[0].get_ylim()[0]
        for axes in drawn.axes:
            assert axes.patches[-1].get_data().baseline == bottom

    def test_modes_are_ticks_and_the_middle_half_between_them_is_marked(self, drawn):
        axes = drawn.axes[0]
        assert axes.get_xticks().tolist() == [0.5, 3.5]
        band = axes.patches[0]
        assert (band.get_x(), band.get_width()) == (1.25, 1.5)


def cells(seeds=1, factor="training_size", second="updates"):
    """Excess of 1 to 6 %, by two levels of the first and three of the second factor."""
    rows = [
        {"seed": seed, "level": level, "second_level": other, "excess": (3 * i + j + 1) / 100}
        for seed in range(seeds)
        for i, level in enumerate(("1000", "20"))
        for j, other in enumerate(("9", "x", "100"))
    ]
    table = pd.DataFrame(rows).assign(factor=factor, second_factor=second, n=500, threshold=5.0)
    table["level_number"] = table["level"].map(number)
    table["second_level_number"] = table["second_level"].map(number)
    table["excess_low"], table["excess_high"] = table["excess"] - 0.01, table["excess"] + 0.01
    parts = {"hallucination_rate": None, "endpoint_rate": "bridge"}
    return pd.concat(
        table.assign(metric=metric, label=label, match_threshold=np.nan)
        for metric, label in parts.items()
    )


def heights(axes):
    """Of all points with a bar, line by line."""
    return [container.lines[0].get_ydata().tolist() for container in axes.containers]


@pytest.mark.parametrize("seeds", [1, 3])
def test_two_factors_have_a_line_for_each_level_of_the_second_by_size(seeds):
    drawn = crossed.draw(pd.concat([cells(seeds), cells(seeds, "steps", "sampler")]))
    assert [axes.get_xlabel() for axes in drawn.axes] == ["training size"] * 2 + ["steps"] * 2
    assert legend_texts(drawn) == ["9", "100", "x"] * 2
    for axes in drawn.axes:
        assert [label.get_text() for label in axes.get_xticklabels()] == ["20", "1000"]
        assert heights(axes) == [pytest.approx(line) for line in ([4, 1], [6, 3], [5, 2])]
        assert axes.get_ylim()[0] == 0
    assert "n = 500" in title(drawn)


def test_shares_that_differ_by_powers_of_ten_and_none_at_all_are_on_one_axis():
    table = cells()
    table["excess"] = np.where(table["level"] == "20", 0.0, table["excess"])
    axes = crossed.draw(table).axes[0]
    assert axes.get_yscale() == "symlog"
    assert axes.get_ylim()[0] < 0 < axes.get_ylim()[1]


def test_bridges_stand_at_the_weight_of_their_lighter_mode():
    rows = [("1", 0, 0.04, 0.04, 0.01), ("16", 0, 0.02, 0.03, 0.02), ("16", 1, 0.01, 0.015, 0.0)]
    names = ["level", "segment", "lighter_weight", "heavier_weight", "value"]
    table = pd.DataFrame(rows, columns=names).assign(factor="imbalance", metric="segment_rate")
    table = table.assign(low=0.0, high=0.03, n=700, seed=0, second_factor=None)
    drawn = by_bridge.draw(table.assign(level_number=table["level"].astype(float)))
    left, right = drawn.axes
    assert heights(left) == [[1], [2, 0]]
    assert heights(right) == [pytest.approx([12.5]), pytest.approx([40, 0])]
    assert left.containers[1].lines[0].get_xdata().tolist() == [0.02, 0.01]
    assert legend_texts(drawn) == ["1", "16"]
    assert "2 bridges, n = 700" in title(drawn)


@pytest.mark.parametrize("seeds", [1, 3])
def test_rate_and_detection_are_shown_by_the_noise_of_the_sampler(seeds):
    rows = [
        (seed, level, metric, choice, value)
        for seed in range(seeds)
        for level, share in (("1", 0.9), ("0", 0.5))
        for metric, choice, value in (
            ("hallucination_rate", None, 1 - share),
            ("window_auroc", "predicted", share),
            ("window_auroc", "best", share + 0.05),
            ("window_kept", "predicted", share - 0.1),
            ("window_kept", "best", share - 0.2),
        )
    ]
    table = pd.DataFrame(rows, columns=["seed", "level", "metric", "choice", "value"])
    table = table.assign(factor="eta", second_factor=None, n=900, threshold=5.0)
    table = table.assign(low=0.0, high=1.0, match_threshold=np.nan, excess=table["value"] - 0.05)
    table = table.assign(excess_low=0.0, excess_high=0.5, level_number=table["level"].map(float))
    rate, auroc, kept = eta.draw(table).axes
    assert sorted(heights(rate)[0]) == pytest.approx([5, 45])
    assert [sorted(line) for line in heights(auroc)] == [[0.5, 0.9], pytest.approx([0.55, 0.95])]
    assert [sorted(line) for line in heights(kept)] == [
        pytest.approx(line) for line in ([40, 80], [30, 70])
    ]
    assert [label.get_text() for label in kept.get_xticklabels()] == ["0", "1"]


def window_rows(best):
    rows = [
        ("window_steps", "predicted", 5.0),
        ("window_steps", "best", best),
        ("window_auroc", "predicted", 0.9),
        ("window_auroc", "best", 0.95 if best == best else np.nan),
    ]
    table = pd.DataFrame(rows, columns=["metric", "choice", "value"])
    return table.assign(seed=0, factor="width", level="64", second_factor=None, second_level=None)


def test_windows_are_points_of_predicted_against_best():
    drawn = windows.draw(window_rows(7.0))
    assert drawn.axes[0].collections[0].get_offsets().tolist() == [[5, 7]]
    assert drawn.axes[1].collections[0].get_offsets().tolist() == [[0.9, 0.95]]


def test_a_base_that_stands_at_several_levels_is_one_point():
    again = window_rows(7.0).assign(factor="tied", level="tied")
    drawn = windows.draw(pd.concat([window_rows(7.0), again]))
    assert len(drawn.axes[0].collections[0].get_offsets()) == 1
    assert "1 small models" in title(drawn)


def test_a_model_that_differs_in_two_things_is_a_point_of_its_own():
    both = window_rows(9.0).assign(second_factor="updates", second_level="750")
    drawn = windows.draw(pd.concat([window_rows(7.0), both]))
    assert "2 small models" in title(drawn)


def test_an_undefined_window_is_said_not_drawn():
    drawn = windows.draw(window_rows(np.nan))
    assert all("Undefined" in axes.texts[0].get_text() for axes in drawn.axes)


def test_directions_stand_beside_those_of_chance_and_of_the_mirror_image():
    rows = {
        "metric": ["towards_neighbours", "towards_second_neighbours", "inwards"],
        "value": [0.9, 0.08, 0.97],
    }
    table = pd.DataFrame(rows).assign(low=0.0, high=1.0, floor=[0.4, 0.3, 0.5], n=1234, seed=0)
    later = table.assign(generation=1, value=0.6)
    drawn = bridges.draw(pd.concat([table.assign(generation=0), later]))
    heights = [y for line in drawn.axes[0].lines for y in np.atleast_1d(line.get_ydata()).tolist()]
    assert {90, 8, 97} <= {round(y) for y in heights}
    assert 60 not in {round(y) for y in heights}
    chance = [
        segment[0, 1]
        for lines in drawn.axes[0].collections
        for segment in lines.get_segments()
        if segment[0, 1] == segment[1, 1]
    ]
    assert chance == pytest.approx([40, 30, 50])
    assert "n = 1,234" in drawn.axes[0].get_title()


def test_the_audit_shows_controls_and_effects_and_what_breaks_the_plan():
    table = pd.DataFrame(
        {
            "rule": ["ratio", "exist", "exist"],
            "scenario": ["two names", "perfect sampler", "bridges"],
            "data": ["counts", "line", "plane"],
            "kind": ["control", "control", "effect"],
            "value": [0.3, 0.01, 0.99],
            "low": [0.2, 0.0, 0.98],
            "high": [0.4, 0.02, 1.0],
            "planned": [0.05, 0.05, 0.9],
            "n": 1_000,
            "kept": [False, True, True],
        }
    )
    axes = claims_audit.draw(table).axes[0]
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert labels == ["ratio: two names", "exist: perfect sampler (line)", "exist: bridges (plane)"]
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
    assert [x for line in hollow for x in line.get_xdata()] == [30]


def test_a_threshold_is_shown_on_its_own_seed_and_on_others():
    table = pd.DataFrame(
        {
            "from_seed": [0, 0, 0, 0],
            "seed": [0, 1, 0, 0],
            "filter": ["shared", "shared", "hal", "shared"],
            "generation": [0, 0, 1, 0],
            "choice": ["scoring", "scoring", "scoring", "official"],
            "last": [4, 4, 4, 9],
            "sensitivity": [0.95, 0.9, 0.8, 0.94],
            "specificity": [0.99, 0.98, 0.97, 0.9],
            "auroc": [0.98, 0.5, 0.5, 0.93],
            "recall": [0.6, 0.1, 0.1, 0.4],
            "precision": [0.5, 0.1, 0.1, 0.3],
        }
    ).assign(detector="hal", first=0, hallucinated=50)
    for name in ("sensitivity", "specificity", "auroc", "recall", "precision"):
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.01, table[name] + 0.01
    drawn = transfer.draw(table)
    above, below = drawn.subfigs
    ticks = [label.get_text() for label in above.axes[0].get_xticklabels()]
    assert ticks == ["0", "1"]
    assert [text.get_text() for text in above.axes[0].texts] == ["shared", "Hal"]
    assert legend_texts(above) == ["threshold from its own seed", "threshold from another seed"]
    assert "Hal over the last 5 steps" in title(above)
    # Below, generation 0 of the seed itself alone, window by window.
    ticks = [label.get_text() for label in below.axes[0].get_xticklabels()]
    assert ticks == ["ours\n0-4", "official\n0-9"]
    shown = [
        [y for bars in axes.containers for y in bars.lines[0].get_ydata()] for axes in below.axes
    ]
    assert shown == [[0.98, 0.93], [0.99, 0.9], [0.6, 0.4], [0.5, 0.3]]


def test_what_too_few_hallucinations_leave_undefined_is_said():
    table = pd.DataFrame({"from_seed": 0, "seed": 0, "generation": 0, "last": 4}, index=[0])
    table = table.assign(filter="shared", choice="scoring", detector="hal", first=0, hallucinated=4)
    for name in ("sensitivity", "specificity", "auroc", "recall", "precision"):
        number = math.nan if name in ("sensitivity", "specificity") else 0.5
        table[[name, f"{name}_low", f"{name}_high"]] = number
    above, below = transfer.draw(table).subfigs
    said = [
        any(text.get_text() == transfer.UNDEFINED for text in axes.texts)
        for axes in (*above.axes, *below.axes)
    ]
    assert said == [True, True, False, True, False, False]

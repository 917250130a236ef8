"""Figures show what is in the tables, and say so in words when there is nothing to show."""

import math
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import ErrorbarContainer

from mirage import frames
from mirage.detectors import Score
from mirage.figures import (
    confusion,
    density,
    density_by_generation,
    embedding,
    gallery,
    hal_histogram,
    hal_sheet,
    labels_by_update,
    objects,
    quality_by_generation,
    quality_by_update,
    rate_by_generation,
    roc,
    samples,
    shapes,
    shapes_sheet,
    style,
    trajectories,
    types_by_generation,
)
from mirage.metrics.between import OFF_LINE, SHARE
from mirage.metrics.names import AT
from mirage.metrics.rates import label_counts
from mirage_workflow.schemas.roc import ROC

SCORE = Score("hal", 0, 4)
NOTHING = pd.DataFrame()

MODES_1D = pd.DataFrame({"mode": [0, 1], "coordinate": 0, "mean": [1.0, 2.0], "std": 0.05})
MODES_2D = pd.DataFrame(
    {
        "mode": [0, 0, 1, 1],
        "coordinate": [0, 1, 0, 1],
        "mean": [-1.0, 0.0, 1.0, 0.0],
        "std": 0.1,
    }
)


def texts(drawn):
    """All that a reader of the figure can read in its panels and legends."""
    panels = [text.get_text() for axes in drawn.axes for text in axes.texts]
    return panels + legend_texts(drawn)


def legend_texts(drawn):
    legends = [*drawn.legends, *(axes.get_legend() for axes in drawn.axes)]
    return [text.get_text() for legend in legends if legend for text in legend.get_texts()]


def histogram(counts, true_density=1.0):
    edges = np.linspace(0, 1, len(counts) + 1)
    density_per_count = len(counts) / max(sum(counts), 1)
    return pd.DataFrame(
        {
            "left": edges[:-1],
            "right": edges[1:],
            "count": counts,
            "density": np.array(counts) * density_per_count,
            "true_density": true_density,
        }
    )


class TestDensity:
    def test_true_density_is_not_drawn_where_no_sample_is_to_be_expected(self):
        drawn = density.draw(histogram([50, 1, 0, 49], [2.0, 1e-30, 1e-30, 2.0]))
        (line,) = drawn.axes[0].lines
        assert line.get_ydata() == pytest.approx([2, np.nan, np.nan, 2], nan_ok=True)

    def test_a_single_sample_shows_on_the_log_axis(self):
        (axes,) = density.draw(histogram([50, 1, 0, 49])).axes
        assert axes.get_yscale() == "log"
        assert axes.get_ylim()[0] < 4 / 100
        assert axes.get_title() == "n = 100 samples"

    def test_says_when_no_sample_lies_in_range(self):
        drawn = density.draw(histogram([0, 0, 0, 0]))
        assert texts(drawn) == ["No sample lies in the range of the histogram."]


class TestSamples:
    @pytest.fixture
    def drawn(self):
        labels = ["valid"] * 190 + ["interpolated"] * 9 + ["invalid"]
        x = np.where(np.array(labels) == "valid", -1.0, 0.0)
        x[-1] = 50
        return samples.draw(pd.DataFrame({"x0": x, "x1": 0.0, "label": labels}), MODES_2D, 5)

    def test_legend_gives_share_and_number_of_each_label(self, drawn):
        assert legend_texts(drawn) == [
            "valid: 95.00 % (190)",
            "interpolated: 4.50 % (9)",
            "invalid: 0.5 % (1)",
        ]

    def test_hallucinations_lie_on_top(self, drawn):
        valid, interpolated, invalid = drawn.axes[0].collections[1:]
        assert valid.get_zorder() < interpolated.get_zorder() < invalid.get_zorder()
        assert all(points.get_rasterized() for points in (valid, interpolated, invalid))

    def test_circles_about_the_modes_have_the_radius(self, drawn):
        circles = drawn.axes[0].collections[0].get_paths()
        assert [path.get_extents().width for path in circles] == pytest.approx([1.0, 1.0])

    def test_tells_how_many_lie_outside_of_the_frame(self, drawn):
        assert drawn.axes[0].get_title() == "n = 200 samples, 1 outside the frame"
        assert drawn.axes[0].get_aspect() == 1


def paths(shape, labels, steps=150):
    """One path for each label, standing still."""
    times = np.arange(steps)[::-1]
    parts = []
    for sample, label in enumerate(labels):
        x = np.full((steps, *shape), sample / 10, np.float32)
        parts.append(
            pd.DataFrame(
                {
                    "sample": sample,
                    "label": label,
                    "t": times,
                    **frames.from_array(x, "x_t"),
                    **frames.from_array(x, "x0_hat"),
                }
            )
        )
    return pd.concat(parts)


def strip_names(drawn):
    return [axes.get_ylabel() for axes in drawn.axes[:: trajectories.FRAMES + 2]]


class TestTrajectories:
    def test_time_runs_to_its_end_at_the_right(self):
        drawn = trajectories.draw(paths((1,), ["valid", "invalid"]), (1,), MODES_1D, last=40)
        for axes in drawn.axes:
            assert axes.get_xlim() == (39, 0)

    def test_a_line_for_each_path_and_each_mode(self):
        labels = ["valid"] * 3 + ["interpolated"] * 2
        valid, hallucinated = trajectories.draw(paths((1,), labels), (1,), MODES_1D).axes
        modes = len(MODES_1D)
        assert (len(valid.lines), len(hallucinated.lines)) == (3 + modes, 2 + modes)
        assert hallucinated.get_title() == "hallucinated, n = 2 paths"

    def test_shows_no_more_paths_than_can_be_told_apart_and_says_so(self):
        valid = trajectories.draw(paths((1,), ["valid"] * 70), (1,), MODES_1D).axes[0]
        assert valid.get_title() == "valid, n = 60 of 70 paths"

    @pytest.mark.parametrize(("shape", "modes"), [((1,), MODES_1D), ((2,), MODES_2D)])
    def test_says_when_nothing_was_hallucinated(self, shape, modes):
        drawn = trajectories.draw(paths(shape, ["valid"]), shape, modes)
        assert "No path of this kind was kept." in texts(drawn)
        assert drawn.axes[1].get_title() == "hallucinated, n = 0 paths"

    def test_paths_in_the_plane_are_coloured_by_time(self):
        drawn = trajectories.draw(paths((2,), ["valid", "invalid"]), (2,), MODES_2D, last=30)
        segments = drawn.axes[0].collections[1]
        assert sorted(segments.get_array()) == list(range(29))
        assert [axes.get_aspect() for axes in drawn.axes[:2]] == [1, 1]

    def test_pictures_are_film_strips_from_the_first_step_kept_to_the_last(self):
        labels = ["highest", "lowest"] * 4
        drawn = trajectories.draw(paths((1, 4, 4), labels), (1, 4, 4))
        times = [axes.get_title() for axes in drawn.axes[: trajectories.FRAMES]]
        assert (times[0], times[-1]) == ("$t$ = 149", "$t$ = 0")
        assert len(drawn.axes) == 2 * trajectories.STRIPS * (trajectories.FRAMES + 2)
        assert all(len(axes.images) == 1 for axes in drawn.axes)
        assert strip_names(drawn) == ["lowest\nscore"] * 3 + ["highest\nscore"] * 3

    def test_a_strip_shows_the_sample_that_its_label_names(self):
        drawn = trajectories.draw(paths((1, 4, 4), ["duplicate", "valid"]), (1, 4, 4))
        greys = [axes.images[0].get_array()[0, 0] for axes in drawn.axes]
        valid, duplicate = (0.1 + 1) / 2, (0 + 1) / 2  # sample 1, sample 0
        shown = trajectories.FRAMES + 1
        still = [0.0]  # the variance of what does not move
        assert greys == pytest.approx([valid] * shown + still + [duplicate] * shown + still)

    def test_strips_show_the_asked_steps_and_the_variance_of_each_object_of_the_end(self):
        path = paths((1, 8, 8), ["valid", "duplicate"])
        pictures = np.full((len(path), 8, 8), -1.0, np.float32)
        pictures[:, 1:4, 1:4] = 1.0  # stands still
        flicker = np.where(path["t"] % 2 == 0, 1.0, 0.0)
        pictures[:, 5:8, 5:8] = np.where(path["label"] == "duplicate", flicker, -1.0)[:, None, None]
        path["x0_hat"] = list(pictures.reshape(len(path), -1))
        drawn = trajectories.draw(path, (1, 8, 8), window=(10, 29))
        times = [axes.get_title() for axes in drawn.axes[: trajectories.FRAMES + 2]]
        assert (times[0], times[-3:]) == ("$t$ = 29", ["$t$ = 10", "end", "variance"])
        assert texts(drawn) == ["0.00", "0.00", "0.25"]

    def test_strips_of_hallucinations_show_as_many_types_as_there_are(self):
        labels = ["valid"] * 5 + ["duplicate"] * 5 + ["blank", "wrong_column"]
        drawn = trajectories.draw(paths((1, 4, 4), labels), (1, 4, 4))
        assert strip_names(drawn) == ["valid"] * 3 + ["duplicate", "blank", "wrong column"]


class TestHalHistogram:
    @pytest.fixture
    def scores(self):
        rng = np.random.default_rng(0)
        score = np.exp(rng.normal(np.repeat([-9, -4], [900, 100]), 1))
        return pd.DataFrame({"hal_0_4": score, "label": ["valid"] * 900 + ["invalid"] * 100})

    def test_each_class_adds_up_to_100_percent(self, scores):
        (axes,) = hal_histogram.draw([scores], "hal_0_4", "Hal").axes
        assert axes.get_xscale() == "log"
        assert [bars.get_data().values.sum() for bars in axes.patches] == pytest.approx([100] * 2)

    def test_scores_in_parts_look_like_those_in_one(self, scores):
        whole, parts = (
            hal_histogram.draw(cut, "hal_0_4", "Hal").axes[0].patches
            for cut in ([scores], [scores[:300], scores[300:950], scores[950:]])
        )
        for one, other in zip(whole, parts, strict=True):
            assert np.array_equal(one.get_data().values, other.get_data().values)
            assert np.array_equal(one.get_data().edges, other.get_data().edges)

    def test_ticks_within_a_decade_do_not_crowd(self, scores):
        narrow = scores.assign(hal_0_4=np.linspace(0.002, 0.015, len(scores)))
        (axes,) = hal_histogram.draw([narrow], "hal_0_4", "Hal").axes
        axes.figure.draw_without_rendering()
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.xaxis.get_major_ticks() if low < tick.get_loc() < high]
        assert [tick.label1.get_text() for tick in ticks] == ["0.002", "0.005", "0.01"]
        assert not any(label.get_text() for label in axes.get_xticklabels(minor=True))

    def test_thresholds_are_drawn_and_named(self, scores):
        drawn = hal_histogram.draw([scores], "hal_0_4", "Hal", {"filter's threshold": 0.002})
        assert [line.get_xdata()[0] for line in drawn.axes[0].lines] == [0.002]
        assert legend_texts(drawn) == [
            "valid (n = 900)",
            "hallucinated (n = 100)",
            "filter's threshold: 0.002",
        ]

    def test_one_histogram_where_there_are_no_labels(self, scores):
        drawn = hal_histogram.draw([scores[["hal_0_4"]]], "hal_0_4", "Hal")
        assert legend_texts(drawn) == ["generated samples (n = 1,000)"]

    def test_scores_that_a_log_axis_cannot_show_are_counted(self, scores):
        scores.loc[[0, 1], "hal_0_4"] = [0, np.nan]
        (axes,) = hal_histogram.draw([scores], "hal_0_4", "Hal").axes
        assert axes.get_title() == "n = 1,000 samples, 2 of them zero or undefined"

    def test_says_when_there_is_no_positive_score(self):
        drawn = hal_histogram.draw([pd.DataFrame({"hal_0_4": [0.0, 0.0]})], "hal_0_4", "Hal")
        assert texts(drawn) == ["No sample has a positive score."]

    def test_threshold_is_the_largest_that_finds_95_percent(self):
        curve = pd.DataFrame(
            {
                **SCORE._asdict(),
                "threshold": [9.0, 5.0, 3.0, 1.0],
                "true_positive_rate": [0, 0.9, 0.96, 1],
            }
        )
        found = hal_histogram.thresholds_of(curve, SCORE, 2.0)
        assert found == {"filter's threshold": 2.0, "95 % of hallucinations above": 3.0}
        assert hal_histogram.thresholds_of(curve[:0], SCORE, None) == {}


def metric(name, value, generation=0, filter="shared", seed=0, **others):
    row = {"experiment": "grid", "seed": seed, "filter": filter, "generation": generation}
    numbers = {"low": value - 0.01, "high": value + 0.01, "floor": np.nan, "n": 1000}
    return {**row, "metric": name, **dict.fromkeys(AT), "value": value, **numbers, **others}


class TestROC:
    SCORES = (SCORE, Score("hal", 0, 9), Score("hal", 5, 14))

    def metrics(self, value):
        return pd.DataFrame(
            [
                metric(name, value, **score._asdict())
                for score in self.SCORES
                for name in ("auroc", "specificity_at_95_sensitivity")
            ]
        )

    def curves(self):
        parts = [
            score._asdict() | {"false_positive_rate": x, "true_positive_rate": x}
            for score in self.SCORES
            for x in (0, 0.5, 1)
        ]
        place = {"experiment": "grid", "seed": 0, "filter": "shared", "generation": 0}
        return pd.DataFrame(parts).assign(threshold=1.0, **place)[ROC.names]

    def test_legend_gives_the_auroc_of_each_window_and_marks_the_official_one(self):
        drawn = roc.draw(self.curves(), self.metrics(0.9))
        assert legend_texts(drawn)[:3] == [
            "last 5 steps: 0.900",
            "last 10 steps (official): 0.900",
            "steps 5-14: 0.900",
        ]

    def test_sweep_shows_both_metrics_with_intervals_at_each_window(self):
        _, right = roc.draw(self.curves(), self.metrics(0.9)).axes
        bars = [item for item in right.containers if isinstance(item, ErrorbarContainer)]
        assert [len(item.lines[0].get_xdata()) for item in bars] == [3, 3]
        assert all(item.has_yerr for item in bars)

    def test_two_detectors_share_windows_and_colours_and_differ_in_lines_and_markers(self):
        def both(table):
            return pd.concat([table, table.assign(detector="hal_moving")])

        left, right = roc.draw(both(self.curves()), both(self.metrics(0.9))).axes
        assert [tick.get_text() for tick in right.get_xticklabels()] == [
            "last 5\nsteps",
            "last 10 steps\n(official)",
            "steps\n5-14",
        ]
        bars = [item for item in right.containers if isinstance(item, ErrorbarContainer)]
        assert [item.lines[0].get_fillstyle() for item in bars] == ["full", "none"] * 2
        places = np.array([item.lines[0].get_xdata() for item in bars])
        assert np.abs(places - [0, 1, 2]).max() < 0.4
        assert len(np.unique(places)) == places.size
        lines = {line.get_label(): line for line in left.get_lines()[:6]}
        one, other = (lines[f"{name}, last 5 steps: 0.900"] for name in ("Hal", "Hal (moving)"))
        assert one.get_color() == other.get_color()
        assert (one.get_linestyle(), other.get_linestyle()) == ("-", ":")

    def test_rows_of_other_generations_are_left_out(self):
        later = self.metrics(0.1).assign(filter="hal", generation=1)
        drawn = roc.draw(self.curves(), pd.concat([self.metrics(0.9), later]))
        assert "last 5 steps: 0.900" in legend_texts(drawn)

    def test_says_when_one_class_is_absent(self):
        drawn = roc.draw(self.curves()[:0], self.metrics(np.nan))
        assert [text.replace("\n", " ") for text in texts(drawn)] == [roc.UNDEFINED] * 2


class TestRateByGeneration:
    def metrics(self, seeds):
        shared = [metric("hallucination_rate", 0.02 + 0.01 * s, seed=s) for s in range(seeds)]
        later = [
            metric("hallucination_rate", rate + 0.01 * s, k, name, s)
            for name, rate in (("random", 0.06), ("hal", 0.03), ("newcomer", 0.05))
            for k in (1, 2)
            for s in range(seeds)
        ]
        return pd.DataFrame(shared + later).assign(threshold=5.0, floor=4e-6)

    def test_every_filter_begins_at_the_shared_generation(self):
        (axes,) = rate_by_generation.draw(self.metrics(1)).axes
        lines = [bars.lines[0] for bars in axes.containers]
        assert len(lines) == 3
        for line in lines:
            assert (line.get_xdata()[0], line.get_ydata()[0]) == (0, pytest.approx(2))

    def test_legend_names_filters_and_floor(self):
        assert legend_texts(rate_by_generation.draw(self.metrics(1))) == [
            "filter: random",
            "filter: Hal",
            "filter: newcomer",
            "perfect sampler: 0.0004 %",
        ]

    def test_bars_are_the_interval_in_percent(self):
        (axes,) = rate_by_generation.draw(self.metrics(1)).axes
        _, _, (bars,) = axes.containers[0].lines
        assert bars.get_segments()[0][:, 1] == pytest.approx([1, 3])

    def test_several_seeds_are_thin_lines_about_their_mean(self):
        (axes,) = rate_by_generation.draw(self.metrics(2)).axes
        named = {line.get_label(): line for line in axes.lines}
        assert named["filter: random"].get_ydata() == pytest.approx([2.5, 6.5, 6.5])
        assert len(axes.lines) == 3 * (2 + 1) + 1
        assert axes.get_title() == "n = 1,000 samples per generation, 2 seeds"

    def test_axis_names_the_threshold_and_includes_zero(self):
        (axes,) = rate_by_generation.draw(self.metrics(1)).axes
        assert axes.get_ylabel() == "Hallucinated samples (%)\nbeyond 5 std"
        assert axes.get_ylim()[0] <= 0

    def test_the_width_of_the_modes_stands_beside_where_it_is_measured(self):
        widths = [metric("within_mode_variance_ratio", 0.97)]
        widths += [metric("within_mode_variance_ratio", 0.4, 1, "refitted")]
        rates = [metric("hallucination_rate", 0.0, 1, "refitted")]
        table = [self.metrics(1), pd.DataFrame(widths + rates).assign(threshold=5.0, floor=1.0)]
        drawn = rate_by_generation.draw(pd.concat(table))
        _, beside = drawn.axes
        assert beside.get_ylabel() == "Variance within modes\n(of the truth = 1)"
        (bars,) = beside.containers
        assert bars.lines[0].get_ydata() == pytest.approx([0.97, 0.4])
        assert "no network (refitted)" in legend_texts(drawn)
        assert "filter: refitted" not in legend_texts(drawn)

    def test_generation_0_alone_is_shown(self):
        drawn = rate_by_generation.draw(self.metrics(1).query("generation == 0"))
        assert "generation 0" in legend_texts(drawn)

    def test_says_when_nothing_was_measured(self):
        assert texts(rate_by_generation.draw(self.metrics(1)[:0])) == ["Nothing was measured."]


class TestQualityByGeneration:
    def test_four_panels_with_a_floor_each(self):
        real = {"floor": 0.9, "network": "own classifier"}
        rows = [
            metric(name, 0.5, k, "hal" if k else "shared", **real)
            for name in ("fid", "precision", "recall", "coverage")
            for k in (0, 1)
        ]
        drawn = quality_by_generation.draw(pd.DataFrame(rows))
        names = [axes.get_ylabel() for axes in drawn.axes]
        assert names == ["FID (own classifier)", "Precision", "Recall", "Coverage"]
        assert legend_texts(drawn) == ["filter: Hal", "held-out real pictures"]
        for axes in drawn.axes:
            assert axes.lines[-1].get_ydata()[0] == pytest.approx(0.9)

    def test_says_of_each_filter_in_which_generation_collapse_shows(self):
        ends = [("shared", 0, 1.0), ("random", 1, 1.1), ("random", 2, 9.0), ("hal", 1, 1.0)]
        rows = [
            {
                **metric("fid", value, k, name, network="own"),
                "low": value - 0.2,
                "high": value + 0.2,
            }
            for name, k, value in ends
        ]
        assert quality_by_generation.collapses(pd.DataFrame(rows)) == [
            "FID above generation 0 in every seed: random from generation 2 on; "
            "Hal up to generation 1: none"
        ]


class TestQualityByUpdate:
    def followed(self, *ratios: float) -> pd.DataFrame:
        rows = [
            {**metric(name, value, network="own"), "update": 100 * (place + 1), "floor": 0.9}
            for name in ("fid_over_floor", "precision", "recall", "coverage")
            for place, value in enumerate(ratios)
        ]
        table = pd.DataFrame(rows)
        return table.assign(low=0.9 * table["value"], high=1.1 * table["value"])

    @pytest.mark.parametrize(
        ("ratios", "said"),
        [
            ((40, 12, 8, 4), "at most 10 times the floor from 300 updates on"),
            ((8, 12, 9, 4), "at most 10 times the floor from 300 updates on"),
            ((40, 8, 4, 9.5), "after 400 updates 9.5 times the floor"),
            ((4, 3), "at most 10 times the floor from 100 updates on"),
        ],
    )
    def test_says_from_which_update_on_the_whole_interval_is_below_ten_floors(self, ratios, said):
        drawn = quality_by_update.draw(self.followed(*ratios))
        assert drawn.axes[0].get_title() == said

    def test_shows_every_update_and_the_floor(self):
        distance, shares = quality_by_update.draw(self.followed(40, 12, 8)).axes
        assert distance.get_yscale() == "log"
        (line, *_), *_ = distance.containers
        assert line.get_xydata().tolist() == [[100, 40], [200, 12], [300, 8]]
        assert [line.get_ydata()[0] for line in distance.lines[-2:]] == [1, 10]
        assert [text.get_text() for text in shares.get_legend().get_texts()] == [
            "precision",
            "recall",
            "coverage",
        ]


class TestHalSheet:
    def test_both_ends_stand_in_the_order_of_their_scores(self):
        values = np.linspace(-1, 1, 24, dtype=np.float32)
        pictures = np.ones((24, 1, 2, 2), np.float32) * values[:, None, None, None]
        scores = np.r_[np.full(12, 1e-4), np.full(12, 0.5)]
        drawn = hal_sheet.draw(pictures[:12], pictures[12:], scores, n=500)
        low, high = drawn.axes
        assert low.get_title() == "12 lowest of 500 generated pictures by Hal: 1.0e-04 to 1.0e-04"
        assert high.get_title().startswith("12 highest of 500 generated pictures by Hal: 5.0e-01")
        shown = np.concatenate(
            [axes.images[0].get_array()[::4, ::4].flat[:12] for axes in (low, high)]
        )
        assert shown.tolist() == pytest.approx(((values + 1) / 2).tolist())

    def test_pictures_are_whole_and_apart_and_keep_their_colours(self):
        pictures = np.random.default_rng(0).uniform(-1, 0.9, (11, 3, 4, 4)).astype(np.float32)
        sheet = hal_sheet.sheet(pictures)
        assert sheet.shape == (3, 2 * 4 + 2, 10 * 4 + 9 * 2)
        np.testing.assert_array_equal(sheet[:, :4, 6:10], pictures[1])
        np.testing.assert_array_equal(sheet[:, 6:, :4], pictures[10])
        assert (sheet[:, 4:6] == 1).all()
        assert (sheet[:, :, 4:6] == 1).all()


class TestDensityByGeneration:
    def points(self, dim):
        rng = np.random.default_rng(0)
        keys = [("shared", 0), ("random", 1), ("random", 2), ("hal", 1), ("hal", 2)]
        return {key: rng.normal(size=(500, dim)) for key in keys}

    def test_rows_are_filters_and_columns_generations(self):
        drawn = density_by_generation.draw(self.points(2), MODES_2D)
        panels = drawn.axes[:6]
        assert [axes.get_title() for axes in panels[:3]] == [f"generation {k}" for k in range(3)]
        assert [panels[0].get_ylabel(), panels[3].get_ylabel()] == [
            "filter: random\n$x_1$",
            "filter: Hal\n$x_1$",
        ]
        first, second = (panels[at].collections[0].get_array() for at in (0, 3))
        np.testing.assert_array_equal(first, second)

    def test_colours_are_logarithmic_and_common_to_all_panels(self):
        drawn = density_by_generation.draw(self.points(2), MODES_2D)
        scales = {axes.collections[0].norm for axes in drawn.axes[:6]}
        assert len(scales) == 1
        assert scales.pop().vmin == 1 / 500

    def test_frame_is_that_of_the_modes_and_points_outside_are_counted(self):
        points = {("shared", 0): np.array([[-1, 0], [1, 0], [9e9, 0], [np.nan, 0]])}
        drawn = density_by_generation.draw(points, MODES_2D)
        assert (
            drawn.get_suptitle() == "n = 4 samples per generation, up to 50.00 % outside the frame"
        )
        assert drawn.axes[0].get_xlim()[1] < 2

    def test_on_a_line_generations_lie_over_each_other(self):
        drawn = density_by_generation.draw(self.points(1), MODES_1D)
        assert [axes.get_title("left") for axes in drawn.axes] == ["filter: random", "filter: Hal"]
        for axes in drawn.axes:
            assert len(axes.patches) == 3
            assert axes.get_yscale() == "log"
        assert legend_texts(drawn) == [f"generation {k}" for k in range(3)]


class TestGallery:
    def test_scores_stand_below_the_pictures(self):
        pictures = np.zeros((12, 1, 4, 4), np.float32)
        low, high = pictures, pictures[:3]
        drawn = gallery.draw(high, low, high, np.full(12, 1e-5), np.full(3, 0.2), n=500)
        shown = [axes for axes in drawn.axes if axes.images]
        labels = [axes.get_xlabel() for axes in shown]
        assert labels == [""] * 3 + ["1.0e-05"] * 12 + ["2.0e-01"] * 3
        titles = [part.get_suptitle() for part in drawn.subfigs]
        assert titles == [
            "Real pictures, not chosen",
            "12 lowest of 500 generated pictures by Hal",
            "3 highest of 500 generated pictures by Hal",
        ]

    def test_minus_one_is_black_and_one_is_white(self):
        picture = np.array([-1, 1, 0, 3], np.float32).reshape(1, 1, 2, 2)
        drawn = gallery.draw(picture, picture, picture, [1], [1], n=1)
        (image,) = drawn.axes[0].images
        assert image.get_array().tolist() == [[0, 1], [0.5, 1]]
        assert (image.norm.vmin, image.norm.vmax) == (0, 1)


class TestEmbedding:
    @pytest.fixture
    def table(self):
        return pd.DataFrame(
            {
                "source": ["real"] * 3 + ["generated"] * 2,
                "sample": [0, 1, 2, 0, 1],
                "group": ["10", "9", "9", "9", "2"],
                **{name: np.arange(5.0) for name in ("pca0", "pca1", "tsne0", "tsne1")},
            }
        )

    def test_a_group_has_one_colour_and_a_source_one_marker(self, table):
        for axes in embedding.draw(table, NOTHING, 50).axes:
            real, generated = axes.collections
            assert (len(real.get_offsets()), len(generated.get_offsets())) == (3, 2)
            nine_real, nine_generated = real.get_facecolor()[1], generated.get_facecolor()[0]
            assert nine_real.tolist() == nine_generated.tolist()
            assert real.get_facecolor()[0].tolist() != nine_real.tolist()

    def test_legend_names_sources_and_groups_in_order(self, table):
        drawn = embedding.draw(table, NOTHING, 50)
        assert legend_texts(drawn) == ["real", "generated", "2 (1)", "9 (3)", "10 (1)"]
        assert drawn.get_suptitle().endswith("n = 3 real, 2 generated pictures")

    def test_sources_are_coloured_where_they_are_the_groups(self, table):
        drawn = embedding.draw(table.assign(group=table["source"]), NOTHING, 50)
        assert legend_texts(drawn) == ["real", "generated"]
        real, generated = drawn.axes[0].collections
        assert real.get_facecolor()[0].tolist() != generated.get_facecolor()[0].tolist()

    def test_squares_have_the_same_colours_whichever_groups_there_are(self, table):
        names = ["one square high", "one square low", "one square low"]
        generated = ["two squares", "one square high"]
        drawn = embedding.draw(table.assign(group=names + generated), NOTHING, 50)
        without = embedding.draw(table.assign(group=names + ["one square high"] * 2), NOTHING, 50)
        assert legend_texts(drawn)[2:] == [
            "one square high (2)",
            "two squares (1)",
            "one square low (2)",
            "no square (0)",
        ]
        before, after = (
            figure.axes[0].collections[0].get_facecolor().tolist() for figure in (drawn, without)
        )
        assert before == after

    def test_says_when_there_are_no_two_squares(self, table):
        drawn = embedding.draw(table.assign(group="one square low"), NOTHING, 50)
        assert "two squares (0)" in legend_texts(drawn)
        assert drawn.get_suptitle().endswith("there is none with two squares")

    def test_places_on_the_line_stand_below_with_what_is_measured(self, table):
        groups = ["one square high", "one square low", "no square", "two squares", "no square"]
        placed = table.assign(group=groups, position=[0.0, 1.0, 0.2, 0.5, 0.3])
        rows = [(SHARE, 0.5, 0.1, 0.01), (OFF_LINE, 0.4, np.nan, 0.01)]
        measured = pd.DataFrame(rows, columns=["metric", "value", "floor", "p"])
        measured = measured.assign(source="generated", low=0.2, high=0.8)
        none = measured.assign(source="real", value=np.nan)
        drawn = embedding.draw(placed, pd.concat([none, measured]), 50)
        real, generated = drawn.axes[2:]
        assert real.get_title() == "ends real: fewer than 8 pictures of a group"
        assert generated.get_title().split("\n") == [
            "ends generated: between",
            "in the middle 50 %, of either end at most 10 % (p 0.01)",
            "off the line 0.40 (0.20 to 0.80), no square: 1",
        ]
        assert generated.collections[0].get_offsets()[:, 0].tolist() == [0.5, 0.3]


class TestShapes:
    LABELS = ("valid", "duplicate", "wrong_column", "valid", "blank")

    def generated(self):
        pictures = np.zeros((5, 1, 4, 4), np.float32)
        match = [0.99, 0.97, 0.98, 0.96, np.nan]
        return pictures, pd.DataFrame({"sample": range(5), "label": self.LABELS, "match": match})

    def framed(self, drawn):
        """Type and frame's colour of every framed picture, in order."""
        return [
            (axes.get_xlabel(), axes.spines["top"].get_edgecolor())
            for axes in drawn.axes
            if axes.images and axes.spines["top"].get_visible()
        ]

    def test_hallucinations_and_only_they_are_framed_and_named(self):
        pictures, scores = self.generated()
        for drawn in (shapes.draw(pictures, pictures, scores), shapes_sheet.draw(pictures, scores)):
            names = [name for name, _ in self.framed(drawn)]
            assert names == ["duplicate", "wrong column", "blank"]
            assert len({colour for _, colour in self.framed(drawn)}) == 3

    def test_the_share_of_hallucinations_is_told(self):
        pictures, scores = self.generated()
        drawn = shapes.draw(pictures[:2], pictures, scores)
        titles = [part.get_suptitle() for part in drawn.subfigs]
        assert titles == [
            "training pictures, first 2 of 2",
            "generated, first 5 of 5, of which 60.00 % hallucinated",
        ]

    def test_the_sheet_numbers_its_pictures_and_gives_the_lowest_match(self):
        drawn = shapes_sheet.draw(*self.generated())
        titles = [axes.get_title() for axes in drawn.axes if axes.images]
        assert titles == ["0: 0.99", "1: 0.97", "2: 0.98", "3: 0.96", "4"]

    def test_labels_along_a_training_stand_beside_the_blanks_of_independent_columns(self):
        counts = {500: {"valid": 80, "blank": 20}, 1_000: {"valid": 100}}
        parts = [
            label_counts(pd.Series(np.repeat([*count], [*count.values()]))).assign(update=update)
            for update, count in counts.items()
        ]
        (axes,) = labels_by_update.draw(pd.concat(parts), 0.125).axes
        lines = {bars.get_label(): bars.lines[0].get_ydata() for bars in axes.containers}
        assert list(lines["valid"]) == [80, 100]
        assert list(lines["blank"]) == [20, 0]
        assert axes.lines[-1].get_label() == "blanks of independent columns: 12.50 %"

    def test_what_a_score_tells_beyond_the_number_of_objects_has_a_mark_for_each_window(self):
        rows = [metric("objects_auroc", 0.9, n=500) | {"detector": None}]
        for first, last, gain in ((0, 4, 0.01), (13, 24, 0.02)):
            at = {"detector": "hal_objects", "first": first, "last": last}
            rows += [metric("objects_gain", gain) | at | {"floor": -0.001}]
            rows += [metric(name, math.nan) | at for name in ("within_auroc", "within_kept")]
        gain, *within = objects.draw(pd.DataFrame(rows)).axes
        means = next(line for line in gain.lines if line.get_label() == "Hal (objects)")
        assert list(means.get_ydata()) == [0.01, 0.02]
        assert [tick.get_text() for tick in gain.get_xticklabels()] == ["0-4", "13-24"]
        assert all("too few" in [text.get_text() for text in axes.texts] for axes in within)

    def test_the_axis_names_the_counters_threshold(self):
        rows = [metric("hallucination_rate", 0.2), metric("hallucination_rate", 0.3, 1, "hal")]
        table = pd.DataFrame(rows).assign(match_threshold=0.9333, floor=0.0)
        (axes,) = rate_by_generation.draw(table).axes
        assert axes.get_ylabel() == "Hallucinated samples (%)\nby counter, match 0.933"

    def test_each_type_has_a_panel_with_its_own_rate(self):
        rates = {"duplicate": 0.1, "malformed": 0.2, "wrong_column": 0.3, "blank": 0.05}
        rates["out_of_position"] = 0.4
        rows = [metric("label_rate", value, label=name) for name, value in rates.items()]
        table = pd.DataFrame(rows).assign(floor=0.001)
        drawn = types_by_generation.draw(table)
        shown = {axes.get_title(): axes for axes in drawn.axes if axes.get_title()}
        assert set(shown) == {name.replace("_", " ") for name in rates}
        for name, value in rates.items():
            (bars,) = shown[name.replace("_", " ")].containers
            assert bars.lines[0].get_ydata() == pytest.approx([100 * value])

    def test_confusion_frames_the_right_label_and_writes_shares_in_percent(self):
        rows = [
            {"method": method, "pictures": kind, "truth": truth, "degraded": degraded}
            | {"label": label, "n": 40 if kind == "true" else 20, "share": share}
            for method, labels in (
                ("counter", ("valid", "blank")),
                ("pixel_count", ("valid", "invalid")),
            )
            for degraded in (False, True)
            for kind, truth in (("true", "valid"), ("blank", "blank"))
            for label, share in zip(
                labels, (0.975, 0.025) if kind == "true" else (0, 1), strict=True
            )
        ]
        drawn = confusion.draw(pd.DataFrame(rows))
        for axes in drawn.axes:
            assert [text.get_text() for text in axes.texts] == ["97.5", "2.5", "100"]
            boxes = [(min(line.get_xdata()), min(line.get_ydata())) for line in axes.lines]
            assert boxes == [(0, 0), (1, 1)]
        assert "n = 40 true pictures" in drawn.get_suptitle()


class TestStyle:
    @pytest.mark.parametrize("suffix", ["png", "pdf"])
    def test_saving_twice_gives_the_same_bytes(self, tmp_path, suffix):
        first, second, third = (tmp_path / f"{name}.{suffix}" for name in "abc")
        drawn = density.draw(histogram([50, 1, 0, 49]))
        style.save(drawn, first, second)
        style.save(density.draw(histogram([50, 1, 0, 49])), third)
        assert first.read_bytes() == second.read_bytes() == third.read_bytes()

    def test_order_of_formats_does_not_matter(self, tmp_path):
        for name, order in (("a", ("png", "pdf")), ("b", ("pdf", "png"))):
            drawn = density.draw(histogram([50, 1, 0, 49]))
            style.save(drawn, *(tmp_path / f"{name}.{suffix}" for suffix in order))
        for suffix in ("png", "pdf"):
            assert (tmp_path / f"a.{suffix}").read_bytes() == (
                tmp_path / f"b.{suffix}"
            ).read_bytes()

    def test_an_unknown_format_is_refused_before_anything_is_written(self, tmp_path):
        drawn = density.draw(histogram([1]))
        with pytest.raises(ValueError, match=r"saved as \.pdf, \.png: found '\.svg'"):
            style.save(drawn, tmp_path / "a.png", tmp_path / "a.svg")
        assert not list(tmp_path.iterdir())

    def test_a_filter_looks_the_same_whatever_it_is_compared_with(self):
        alone = style.filter_styles(["hal"])
        among = style.filter_styles(["newcomer", "oracle", "hal", "random"])
        assert list(among) == ["random", "hal", "oracle", "newcomer"]
        assert among["hal"] == alone["hal"]

    @pytest.mark.parametrize(
        ("share", "words"),
        [(1, "100.00 %"), (0.0123456, "1.23 %"), (3.4e-5, "0.0034 %"), (0, "0.00 %")],
    )
    def test_small_shares_keep_their_digits(self, share, words):
        assert style.percent(share) == words

    def test_drawing_leaves_the_settings_of_others_alone(self):
        import matplotlib as mpl

        before = dict(mpl.rcParams)
        density.draw(histogram([1]))
        assert dict(mpl.rcParams) == before

    def test_figures_need_no_torch(self):
        names = "density, trajectories, roc, gallery, embedding, density_by_generation"
        check = f"from mirage.figures import {names}; import sys; sys.exit('torch' in sys.modules)"
        path = {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", check], check=True, env=os.environ | path)

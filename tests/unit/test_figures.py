"""Figures show what is in the tables, and say so in words when there is nothing to show."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from drawn import legend_texts, metric, texts
from matplotlib.container import ErrorbarContainer

from mirage import frames
from mirage.detectors import Score
from mirage.figures import (
    density,
    density_by_generation,
    hal_histogram,
    rate_by_generation,
    roc,
    samples,
    style,
    trajectories,
)
from mirage_workflow.schemas.roc import ROC

SCORE = Score("hal", 0, 4)

MODES_1D = pd.DataFrame({"mode": [0, 1], "coordinate": 0, "mean": [1.0, 2.0], "std": 0.05})
MODES_2D = pd.DataFrame(
    {
        "mode": [0, 0, 1, 1],
        "coordinate": [0, 1, 0, 1],
        "mean": [-1.0, 0.0, 1.0, 0.0],
        "std": 0.1,
    }
)


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
        assert texts(drawn) == ["0", "0", "0.25"]

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

    @pytest.mark.parametrize("detectors", [2, 3, 5])
    def test_each_detector_has_a_panel_and_a_marker_and_windows_have_colours(self, detectors):
        names = ["hal", *"mnop"][:detectors]

        def of_all(table):
            return pd.concat([table.assign(detector=name) for name in names])

        drawn = roc.draw(of_all(self.curves()), of_all(self.metrics(0.9)))
        *panels, right = drawn.axes
        assert [axes.get_title() for axes in panels] == ["Hal", *names[1:]]
        colours = [[line.get_color() for line in axes.get_lines()[:3]] for axes in panels]
        assert len(set(colours[0])) == 3
        assert colours == [colours[0]] * detectors
        assert legend_texts(drawn)[:3] == ["last 5 steps", "last 10 steps (official)", "steps 5-14"]

        assert [tick.get_text() for tick in right.get_xticklabels()] == [
            "last 5\nsteps",
            "last 10 steps\n(official)",
            "steps\n5-14",
        ]
        bars = [item.lines[0] for item in right.containers if isinstance(item, ErrorbarContainer)]
        markers = [bar.get_marker() for bar in bars]
        assert markers[:detectors] == markers[detectors:]
        assert len(set(markers)) == detectors
        places = np.array([bar.get_xdata() for bar in bars])
        assert np.abs(places - [0, 1, 2]).max() < 0.5
        assert len(np.unique(places)) == places.size

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

    def test_a_filter_of_one_seed_begins_at_that_seeds_own(self):
        more = [metric("hallucination_rate", 0.04, k, "oracle", 1) for k in (1, 2)]
        table = pd.concat([self.metrics(2), pd.DataFrame(more).assign(threshold=5.0)])
        (bars,) = rate_by_generation.draw(table).axes[0].containers
        assert bars.lines[0].get_ydata() == pytest.approx([3, 4, 4])

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

"""Figures of pictures show what is in the tables, and say so when there is nothing to show."""

import math

import numpy as np
import pandas as pd
import pytest
from drawn import NOTHING, legend_texts, metric
from scipy.stats import norm

from mirage.figures import (
    confusion,
    embedding,
    gallery,
    hal_sheet,
    labels_by_update,
    objects,
    quality_by_generation,
    quality_by_update,
    rate_by_generation,
    shapes,
    shapes_sheet,
    types_by_generation,
)
from mirage.metrics.between import OFF_LINE, SHARE
from mirage.metrics.rates import label_counts


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
        beside, sheet = shapes.draw(pictures, pictures, scores), shapes_sheet.draw(pictures, scores)
        for drawn, times in ((beside, 1), (sheet, 2)):  # as they come, and by type
            names = [name for name, _ in self.framed(drawn)]
            assert names == ["duplicate", "wrong column", "blank"] * times
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
        assert titles == [
            "0: 0.99",
            "1: 0.97",
            "2: 0.98",
            "3: 0.96",
            "4",
            "1: 0.97",
            "2: 0.98",
            "4",
        ]

    def test_the_sheet_shows_the_first_ten_of_each_type_however_late_they_are(self):
        pictures = np.zeros((400, 1, 4, 4), np.float32)
        scores = pd.DataFrame({"sample": range(400), "label": "valid", "match": 1.0})
        assert len(shapes_sheet.draw(pictures, scores).subfigs) == 1
        scores.loc[range(150, 400, 20), "label"] = "duplicate"
        scores.loc[399, "label"] = "blank"
        _, below = shapes_sheet.draw(pictures, scores).subfigs
        titles = [axes.get_title() for axes in below.axes if axes.images]
        assert titles == [*(f"{at}: 1.00" for at in range(150, 350, 20)), "399: 1.00"]

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
        # None in 100 has a limit too: Wilson's is z^2 / (n + z^2).
        limits = {bars.get_label(): bars.lines[1][1].get_ydata() for bars in axes.containers}
        z = norm.ppf(0.975)
        assert limits["blank"][1] == pytest.approx(100 * z**2 / (100 + z**2))
        assert axes.lines[-1].get_label() == "blanks of independent columns: 12.50 %"

    def test_what_a_score_tells_beyond_the_number_of_objects_has_a_mark_for_each_window(self):
        rows = [metric("objects_auroc", 0.9, n=500) | {"detector": None}]
        for first, last, gain in ((0, 4, 0.01), (13, 24, 0.02)):
            at = {"detector": "hal_objects", "first": first, "last": last}
            rows += [metric("objects_gain", gain) | at | {"floor": -0.001}]
            within = ("within_auroc", "within_kept", "kinds_auroc")
            rows += [metric(name, math.nan) | at for name in within]
        rows += [metric("brightness_gain", 0.003) | {"detector": None}]
        gain, *within = objects.draw(pd.DataFrame(rows)).axes
        means = next(line for line in gain.lines if line.get_label() == "Hal (objects)")
        assert list(means.get_ydata()) == [0.01, 0.02]
        (baseline,) = (line for line in gain.lines if line.get_label() == "brightness")
        assert list(baseline.get_ydata()) == [0.003, 0.003]
        assert [tick.get_text() for tick in within[-1].get_xticklabels()] == ["0-4", "13-24"]
        assert all("too few" in [text.get_text() for text in axes.texts] for axes in within)

    def test_the_axis_names_the_counters_threshold(self):
        rows = [metric("hallucination_rate", 0.2), metric("hallucination_rate", 0.3, 1, "hal")]
        table = pd.DataFrame(rows).assign(match_threshold=0.9333, floor=0.0)
        (axes,) = rate_by_generation.draw(table).axes
        assert axes.get_ylabel() == "Hallucinated samples (%)\nby counter, match 0.933"

    def test_each_type_has_a_panel_with_its_own_rate(self):
        rates = {"duplicate": 0.1, "malformed": 0.2, "wrong_column": 0.3, "blank": 0.05}
        rates |= {"out_of_position": 0.4, "clear_combination": 0.02}
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

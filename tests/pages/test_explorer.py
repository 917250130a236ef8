"""The exploring page in a real browser: its numbers are those of the tables."""

import re

import numpy as np
import pandas as pd
import pytest

from mirage.detectors import Score
from mirage.metrics import detection
from mirage.metrics.rows import rate
from mirage.pages import explorer
from mirage.pages.pixels import to_bytes
from mirage.pages.thresholds import cut

SCORES = [Score(name, *window) for name in ("hal", "drift") for window in ((0, 4), (5, 14))]
N, BAD = 3_000, 200
TIMES = np.arange(20)[::-1]


def scores_of(rng, n: int, bad: int) -> pd.DataFrame:
    """Scores that tell hallucinations the better the later they are named."""
    label = np.where(np.arange(n) % (n // bad) == 0, "invalid", "valid")
    table = pd.DataFrame({"sample": np.arange(n), "label": label})
    for k, score in enumerate(SCORES, start=1):
        table[score.column] = np.exp(rng.normal(k * (label == "invalid"), 1)).astype(np.float32)
    return table


def paths_of(samples, shape, rng) -> pd.DataFrame:
    rows = [(sample, t) for sample in samples for t in TIMES]
    table = pd.DataFrame(rows, columns=["sample", "t"])
    if len(shape) == 1:
        for k in range(shape[0]):
            table[f"x0_hat{k}"] = rng.normal(size=len(table))
        return table
    shade = 2 * (table["sample"] % 2) - 1.0
    return table.assign(x0_hat=[np.full(np.prod(shape), value, np.float32) for value in shade])


@pytest.fixture(scope="module")
def plane(tmp_path_factory):
    """Points in the plane at known places, sample 7 alone in a corner with a path."""
    rng = np.random.default_rng(1)
    scores = scores_of(rng, N, BAD)
    points = rng.uniform(-1, 1, (N, 2)).astype(np.float32)
    points[7] = 5, 5
    shown = scores.assign(x0=points[:, 0], x1=points[:, 1]).head(2_000)
    paths = paths_of([7, 15], (2,), rng)
    parts = [scores.iloc[:1_000], scores.iloc[1_000:]]
    path = tmp_path_factory.mktemp("plane") / "explorer.html"
    text = explorer.page(parts, SCORES, shown, (2,), paths, "points <&>", SCORES[1])
    path.write_text(text, encoding="utf-8")
    return path, scores


@pytest.fixture(scope="module")
def gallery(tmp_path_factory):
    """Pictures without labels: number k is all of one grey, by its score."""
    rng = np.random.default_rng(2)
    scores = scores_of(rng, 300, 20).drop(columns="label")
    shades = np.linspace(-1, 1, 300)[scores[SCORES[0].column].rank().astype(int) - 1]
    pictures = np.repeat(shades[:, None], 64, 1).astype(np.float32)
    shown = scores.assign(x=list(pictures))
    paths = paths_of([3, 4], (1, 8, 8), rng)
    path = tmp_path_factory.mktemp("gallery") / "explorer.html"
    text = explorer.page([scores], SCORES, shown, (1, 8, 8), paths, "pictures")
    path.write_text(text, encoding="utf-8")
    return path, scores


def ready(page):
    page.wait_for_function("globalThis.mirage && mirage.dressed")
    return page


def settle(page) -> None:
    """Wait until what was changed is drawn."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(100)


def threshold(page) -> float:
    return float(page.get_by_text("Threshold of").locator("span").first.inner_text())


def said(page, verb: str) -> tuple[int, int, float, float, float]:
    """`found 9 of 10 ...: 90.00 % (low to high)` as numbers."""
    number = r"([\d,]+) of ([\d,]+) [a-z ]+: ([\d.]+) % \(([\d.]+) to ([\d.]+)\)"
    text = "\n".join(page.locator(".bk-clearfix").all_inner_texts())  # also in shadow roots
    hits, n, *shares = re.search(rf"{verb} {number}", text).groups()
    return int(hits.replace(",", "")), int(n.replace(",", "")), *map(float, shares)


def move(page, steps: int) -> None:
    """The slider by the arrow keys, as a person without a mouse would."""
    handle = page.get_by_role("slider").first
    handle.focus()
    for _ in range(abs(steps)):
        page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    settle(page)


def agrees(page, scores: pd.DataFrame, column: str) -> None:
    flagged, bad = scores[column] >= threshold(page), scores["label"] != "valid"
    for verb, hits, n in (
        ("found", (flagged & bad).sum(), bad.sum()),
        ("kept", (~flagged & ~bad).sum(), (~bad).sum()),
    ):
        row = rate("", hits, n)
        shares = [round(100 * share, 2) for share in (row.value, row.low, row.high)]
        assert said(page, verb) == (
            hits,
            n,
            *(pytest.approx(share, abs=0.0051) for share in shares),
        )


def test_numbers_agree_with_the_tables_wherever_the_threshold_is(visit, plane):
    path, scores = plane
    page = ready(visit(path))
    agrees(page, scores, "hal_5_14")
    assert said(page, "found")[0] >= 0.95 * BAD  # where it starts
    before = threshold(page)
    move(page, 9)
    assert threshold(page) > before
    agrees(page, scores, "hal_5_14")
    move(page, -25)
    assert threshold(page) < before
    agrees(page, scores, "hal_5_14")


def test_detector_and_window_move_all_three_views(visit, plane):
    path, scores = plane
    page = ready(visit(path))
    page.get_by_label("Detector").select_option("drift")
    page.get_by_label("Window").select_option("last 5 steps")
    settle(page)
    agrees(page, scores, "drift_0_4")
    assert said(page, "found")[0] >= 0.95 * BAD
    drawn = page.evaluate(DRAWN)
    assert drawn["axis"] == "drift over the last 5 steps"
    assert drawn["cut"] == threshold(page)
    bad = scores["label"] != "valid"
    flagged = scores["drift_0_4"] >= drawn["cut"]
    assert drawn["point"] == pytest.approx([flagged[~bad].mean(), flagged[bad].mean()])
    shown = slice(0, 2_000)  # 0 and 1: valid, kept and flagged; 2 and 3: missed and found
    expected = np.bincount(2 * bad[shown] + flagged[shown], minlength=4)
    assert drawn["states"] == expected.tolist()
    curve = detection.rank([scores], [Score("drift", 0, 4)])[Score("drift", 0, 4)].curve()
    assert drawn["area"] == pytest.approx(
        np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"]), abs=2e-3
    )


DRAWN = """() => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const named = name => models.find(model => model.name === name);
  const {x, y} = named("curve").data, counts = [0, 0, 0, 0];
  for (const state of named("samples").data.state) counts[state]++;
  const area = x.slice(1).reduce((sum, at, k) => sum + (at - x[k]) * (y[k + 1] + y[k]) / 2, 0);
  return {states: counts, area: area, cut: named("cut").location,
    axis: named("histogram").below[0].axis_label,
    point: [named("point").data.x[0], named("point").data.y[0]]};
}"""


def test_a_click_on_a_sample_shows_its_path(visit, plane):
    path, _ = plane
    page = ready(visit(path))
    x, y = page.evaluate(PLACE)
    page.mouse.click(x, y)
    page.get_by_text("Sample 7, valid").wait_for()
    assert page.evaluate(
        "[...Bokeh.documents[0]._all_models.values()].find(m => m.name === 'path').data.x.length"
    ) == len(TIMES)


# Where on the screen the point of sample 7 is drawn, once the frame holds it.
PLACE = """() => {
  const plot = [...Bokeh.documents[0]._all_models.values()].find(model => model.name === "points");
  plot.x_range.setv({start: -6, end: 6});
  plot.y_range.setv({start: -6, end: 6});
  const {el, frame} = Bokeh.index.find_one(plot), box = el.getBoundingClientRect();
  return [box.left + frame.x_scale.compute(5), box.top + frame.y_scale.compute(5)];
}"""


def test_pictures_without_labels_are_cut_by_score_and_shown_in_its_order(visit, gallery):
    path, scores = gallery
    page = ready(visit(path))
    for steps in (0, 12, -30):
        move(page, steps)
        flagged = scores["hal_0_4"] >= threshold(page)
        assert said(page, "flagged")[:2] == (flagged.sum(), 300)
        rows = page.evaluate(ROWS)
        assert len(rows) == 48
        ordered = scores["hal_0_4"].sort_values(kind="stable").index
        start = list(ordered).index(rows[0])
        assert rows == ordered[start : start + 48].tolist()
        assert flagged[rows].sum() in (24, 48) or start + 48 == 300
    assert page.evaluate(SHADES) == sorted(page.evaluate(SHADES))
    page.get_by_label("Pictures").select_option("with a path")
    settle(page)
    assert sorted(page.evaluate(ROWS)) == [3, 4]


ROWS = """() => [...[...Bokeh.documents[0]._all_models.values()]
  .find(model => model.name === "gallery").data.row].filter(row => row >= 0)"""
SHADES = """() => [...Bokeh.documents[0]._all_models.values()]
  .find(model => model.name === "gallery").data.image.map(image => image[0] & 255)"""


def test_a_click_on_a_picture_tells_of_it_and_shows_its_film_strip(visit, gallery):
    page = ready(visit(gallery[0]))
    page.get_by_label("Pictures").select_option("with a path")
    settle(page)
    for cell in (0, 1):
        x, y = page.evaluate(CELL, cell)
        page.wait_for_timeout(500)  # or two clicks are one double click
        page.mouse.click(x, y)
        sample = page.evaluate(ROWS)[cell]
        page.get_by_text(f"Sample {sample}, no label").wait_for()
        frames = page.evaluate(SHADES.replace("gallery", "strip"))
        assert frames == [255 * (sample % 2)] * explorer.FRAMES


CELL = """cell => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const plot = models.find(model => model.title?.text === "Pictures, by rising score");
  const {el, frame} = Bokeh.index.find_one(plot), box = el.getBoundingClientRect();
  return [box.left + frame.x_scale.compute(cell + 0.5), box.top + frame.y_scale.compute(5.5)];
}"""


def test_colours_are_those_of_the_pictures_and_missing_ones_leave_cells_empty(visit, tmp_path):
    rng = np.random.default_rng(4)
    scores = scores_of(rng, 20, 5).drop(columns="label").sort_values("hal_0_4")
    pictures = rng.uniform(-1, 1, (20, 3, 8, 8)).astype(np.float32)
    shown = scores.assign(x=list(pictures.reshape(20, -1)))
    path = tmp_path / "explorer.html"
    paths = paths_of([0], (3, 8, 8), rng)
    path.write_text(explorer.page([scores], SCORES, shown, (3, 8, 8), paths, "colours"))
    page = ready(visit(path))
    drawn = page.evaluate(SHADES.replace("image[0] & 255", "[...image]"))
    pixels = np.array(drawn, np.uint32).view(np.uint8).reshape(48, 8, 8, 4)
    assert (pixels[:20, ..., :3] == to_bytes(pictures)).all()
    assert (pixels[:20, ..., 3] == 255).all()
    assert (pixels[20:] == 0).all()


def test_on_a_line_samples_stand_at_their_score_and_a_click_finds_the_nearest(visit, tmp_path):
    rng = np.random.default_rng(6)
    scores = scores_of(rng, 400, 40)
    shown = scores.assign(x0=rng.uniform(0, 1, 400).astype(np.float32))
    shown.loc[9, "x0"] = 1.2
    path = tmp_path / "explorer.html"
    paths = paths_of([9, 11], (1,), rng)
    path.write_text(explorer.page([scores], SCORES, shown, (1,), paths, "line"))
    page = ready(visit(path))
    page.get_by_label("Window").select_option("steps 5-14")
    settle(page)
    x, y = page.evaluate(PLACE_ON_LINE, [1.2, float(scores.loc[9, "hal_5_14"])])
    page.mouse.click(x, y)
    page.get_by_text("Sample 9, valid").wait_for()
    path_drawn = page.evaluate(PATH)
    assert path_drawn["x"] == TIMES.tolist()
    assert path_drawn["y"] == pytest.approx(paths.loc[paths["sample"] == 9, "x0_hat0"].tolist())


PLACE_ON_LINE = """([x, y]) => {
  const plot = [...Bokeh.documents[0]._all_models.values()].find(model => model.name === "points");
  const {el, frame} = Bokeh.index.find_one(plot), box = el.getBoundingClientRect();
  return [box.left + frame.x_scale.compute(x), box.top + frame.y_scale.compute(y)];
}"""
PATH = """() => {
  const models = [...Bokeh.documents[0]._all_models.values()];
  const {x, y} = models.find(model => model.name === "path").data;
  return {x: [...x], y: [...y]};
}"""


def test_it_fits_a_phone(visit, plane):
    page = ready(visit(plane[0], width=390, height=844))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_counts_are_the_same_however_scores_are_cut_into_parts():
    scores = scores_of(np.random.default_rng(3), 500, 50)
    scores.loc[3, "hal_0_4"] = np.nan  # the most suspicious, as for filters
    scores.loc[4, "label"] = None
    whole, parts = cut([scores], ["hal_0_4"]), cut([scores[:99], scores[99:]], ["hal_0_4"])
    for kind in ("valid", "hallucinated", "unlabelled"):
        found = whole["hal_0_4"].flagged(kind)
        assert (found == parts["hal_0_4"].flagged(kind)).all()
    assert whole["hal_0_4"].total("unlabelled") == 1
    assert whole["hal_0_4"].flagged("valid")[-1] + whole["hal_0_4"].flagged("hallucinated")[-1] >= 1


@pytest.mark.parametrize(
    ("values", "first", "last"),
    [
        ([0.0, 1e-4, 1.0], 1e-4, 1.0),
        ([-2.0, 3.0], -2.0, 3.0),
        ([5.0, 5.0], 5.0, 6.0),
        ([0.0, 0.0], 0.0, 1.0),
        ([np.nan, np.inf], 0.0, 1.0),
    ],
)
def test_thresholds_span_what_scores_there_are(values, first, last):
    edges = cut([pd.DataFrame({"hal_0_4": values})], ["hal_0_4"])["hal_0_4"].edges
    assert (edges[0], edges[-1]) == (pytest.approx(first), pytest.approx(last))
    assert (np.diff(edges) > 0).all()


def test_a_page_opens_where_all_scores_are_alike_and_one_class_is_absent(visit, tmp_path):
    rng = np.random.default_rng(7)
    scores = scores_of(rng, 50, 5).assign(label="valid", hal_0_4=np.float32(0), hal_5_14=np.nan)
    shown = scores.assign(x0=rng.uniform(0, 1, 50).astype(np.float32))
    path = tmp_path / "explorer.html"
    path.write_text(explorer.page([scores], SCORES, shown, (1,), paths_of([1], (1,), rng), "same"))
    page = ready(visit(path))
    assert said(page, "kept")[:2] == ((scores["hal_0_4"] < threshold(page)).sum(), 50)
    page.get_by_label("Detector").select_option("drift")
    settle(page)
    assert said(page, "kept")[:2] == ((scores["drift_0_4"] < threshold(page)).sum(), 50)

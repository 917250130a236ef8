"""A run of everything: complete, repeatable, extensible, and safe to kill."""

import os
import re
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
from checkouts import ROOT

from mirage.metrics.names import AT, METRICS
from mirage.metrics.rules import RULES
from mirage_workflow import tables
from mirage_workflow.config.claims import read_claims
from mirage_workflow.explain import explain

GRID = "results/smoke/gaussian2d_grid"


def test_every_figure_and_table_is_there(smoke):
    results = smoke.path / "results/smoke"
    figures = {path.name for path in (results / "figures").iterdir()}
    for stem in (
        "gaussian1d_density",
        "gaussian1d_gap_density",
        "gaussian2d_grid_samples",
        "gaussian2d_rotated_samples",
        "gaussian2d_grid_trajectories",
        "gaussian2d_grid_hal_histogram",
        "gaussian2d_grid_roc",
        "gaussian2d_grid_rate_by_generation",
        "gaussian2d_grid_density_by_generation",
        "mnist_gallery",
        "mnist_trajectories",
        "mnist_quality_by_generation",
        "mnist_quality_by_update",
        "mnist_hal_sheet",
        "gaussian2d_grid_causes",
        "gaussian2d_grid_score",
        "gaussian2d_grid_score_field",
        "gaussian2d_grid_slopes",
        "gaussian2d_grid_sweeps",
        "gaussian2d_grid_crossed",
        "gaussian2d_grid_by_bridge",
        "gaussian2d_grid_eta",
        "gaussian2d_grid_windows",
        "gaussian2d_grid_bridges",
        "gaussian2d_grid_transfer",
        "shapes_shapes",
        "shapes_shapes_sheet",
        "shapes_confusion",
        "shapes_roc",
        "shapes_objects",
        "shapes_labels_by_update",
        "shapes_handed_over",
        "shapes_trajectories",
        "shapes_embedding",
    ):
        assert {f"{stem}.pdf", f"{stem}.png"} <= figures
    for experiment in results.glob("*/config.yaml"):
        assert (experiment.parent / "metrics.parquet").exists()


def test_every_experiment_has_a_page_to_explore_that_the_report_names(smoke):
    results = smoke.path / "results/smoke"
    report = (results / "report.html").read_text()
    experiments = [path.parent.name for path in results.glob("*/config.yaml")]
    assert len(experiments) > 3
    for name in experiments:
        page = f"figures/{name}_explorer.html"
        assert f'href=\\"{page}\\"' in report or f'href="{page}"' in report, name
        assert 1e6 < (results / page).stat().st_size < 1e7
    assert (results / "mnist/label.html").exists()
    assert not (results / "shapes/label.html").exists()


def test_a_run_without_a_terminal_says_how_far_it_is_and_little_else(smoke):
    lines = smoke.said.stderr.splitlines()
    for line in lines:
        assert re.match(r"\d+ of \d+ jobs \(\d+%\), \d+:\d\d", line)
    done, total = re.match(r"(\d+) of (\d+) jobs \(100%\)", lines[-1]).groups()
    assert int(done) == int(total) > len(lines)
    assert "figures: results/smoke/figures/" in smoke.said.stdout
    assert (smoke.path / "results/smoke/report.html").exists()


def test_the_first_picture_is_there_while_most_jobs_wait(smoke):
    results = smoke.path / "results/smoke"
    first = min(path.stat().st_mtime for path in results.glob("figures/*.png"))
    ended = [log.stat().st_mtime for log in (results / "logs").rglob("*.log")]
    assert sum(moment < first for moment in ended) < len(ended) / 4


def test_the_log_of_every_job_ends_with_what_it_took(smoke):
    logs = list((smoke.path / "results/smoke/logs").rglob("*.log"))
    assert len(logs) > 50
    for log in logs:
        last = log.read_text().splitlines()[-1]
        assert re.search(r" \w+ took \d+\.\d core-seconds and \d+ MB$", last), log


def test_every_job_ran_no_code_but_what_its_hash_covers(smoke):
    logs = [log.read_text() for log in (smoke.path / "results/smoke/logs").rglob("*.log")]
    assert all("all in the hash of its code" in log for log in logs)


def test_each_figure_is_drawn_by_a_script_of_its_own(smoke):
    logs = list((smoke.path / "results/smoke/logs").rglob("plot_*.log"))
    assert len({log.stem for log in logs}) > 20
    for log in logs:
        assert f" {log.stem} took " in log.read_text().splitlines()[-1]


def test_metrics_cover_every_generation_and_filter(smoke):
    metrics = pd.read_parquet(smoke.path / GRID / "metrics.parquet")
    rates = metrics[metrics["metric"] == "hallucination_rate"]
    assert set(zip(rates["filter"], rates["generation"], strict=True)) == {
        ("shared", 0),
        ("random", 1),
        ("hal", 1),
        ("oracle", 1),
        ("refitted", 1),
    }
    assert rates["low"].le(rates["value"]).all()
    assert rates["high"].ge(rates["value"]).all()
    assert rates["floor"].between(0, 1e-5).all()


@pytest.mark.parametrize("table", ["metrics.parquet", "seed0/sweeps"])
def test_each_metric_fills_the_columns_that_tell_its_rows_apart(smoke, table):
    tables_of = [path for path in (smoke.path / "results/smoke").glob(f"*/{table}")]
    assert tables_of
    for path in tables_of:
        metrics = pd.read_parquet(path)
        for name, rows in metrics.groupby("metric"):
            by, told = METRICS[name]
            assert rows[list(by)].notna().all(axis=None)
            assert rows[[column for column in AT if column not in by + told]].isna().all(axis=None)
        factors = {"factor", "level", "second_factor", "second_level"}
        place = [*(factors & set(metrics)), "filter", "generation", "metric", *AT]
        assert not metrics.duplicated(["seed", *place]).any()


def test_shapes_are_counted_by_type(smoke):
    results = smoke.path / "results/smoke/shapes"
    metrics = pd.read_parquet(results / "metrics.parquet")
    types = ("duplicate", "malformed", "wrong_column", "out_of_position", "blank")
    rates = metrics.set_index("metric")["value"]
    by_type = metrics[metrics["metric"] == "label_rate"].set_index("label")["value"]
    assert set(by_type.index) == {*types, "combination", "clear_combination"}
    assert by_type[[*types]].sum() == pytest.approx(rates["hallucination_rate"])
    assert by_type["combination"] == by_type["duplicate"] + by_type["wrong_column"]
    audit = pd.read_parquet(results / "audit.parquet")
    true = audit.query("method == 'counter' and pictures == 'true' and label == 'valid'")
    assert true["share"].min() > 0.98
    scores = pd.read_parquet(results / "seed0/gen0/scores")
    assert scores["found"].map(len).gt(0).any()


def test_labels_of_shapes_are_followed_along_the_training(smoke):
    followed = pd.read_parquet(smoke.path / "results/smoke/shapes/seed0/gen0/followed.parquet")
    assert followed.groupby("update")["hits"].sum().to_dict() == {10: 55, 20: 55}


def test_shapes_are_scored_by_every_detector_and_shown_by_their_squares(smoke):
    run = smoke.path / "results/smoke/shapes/seed0/gen0"
    metrics = pd.read_parquet(run / "metrics.parquet").query("metric == 'auroc'")
    scores = metrics[["detector", "first", "last"]].itertuples(index=False, name=None)
    assert list(scores) == [
        (name, *window)
        for name in ("hal", "hal_moving", "hal_objects", "hal_objects_union")
        for window in ((0, 4), (0, 9), (3, 6))
    ]
    embedding = pd.read_parquet(run / "embedding.parquet").query("source == 'real'")
    assert set(embedding["group"]) == {"one square high", "one square low", "no square"}
    labels = pd.read_parquet(run.parent / "data.parquet").set_index("sample")["label"]
    has_square = labels[embedding["sample"]].to_numpy() & 2 > 0
    assert (has_square == (embedding["group"] != "no square")).all()
    placed = embedding.groupby("group")["position"].mean()
    assert placed["one square high"] < placed["one square low"]
    between = pd.read_parquet(run / "between.parquet")
    assert set(between["source"]) == {"real", "generated"}
    assert set(between["metric"]) == {"position", "middle_share", "off_line"}


def test_pictures_are_followed_along_a_training_that_is_that_of_generation_0(smoke):
    run = smoke.path / "results/smoke/mnist/seed0/gen0"
    followed = pd.read_parquet(run / "followed_quality.parquet")
    assert sorted(followed["update"].unique()) == [10, 20]
    assert set(followed["metric"]) >= {"fid", "fid_over_floor", "recall", "coverage", "class_share"}
    # The last update's pictures are the first of generation 0.
    confidence = pd.read_parquet(run / "scores")["confidence"].head(60).mean()
    last = followed.query("update == 20 and metric == 'mean_confidence'")["value"].item()
    assert last == pytest.approx(confidence, rel=1e-5)


def test_filters_keep_the_same_number_and_hal_drops_the_highest(smoke):
    run = smoke.path / GRID / "seed0"
    scores = pd.read_parquet(run / "gen0/scores").set_index("sample")
    kept = {name: pd.read_parquet(run / name / "gen0/kept.parquet") for name in ("random", "hal")}
    assert len(kept["random"]) == len(kept["hal"]) == 1_800
    dropped = scores.drop(kept["hal"]["sample"])
    assert dropped["hal"].min() >= scores.loc[kept["hal"]["sample"], "hal"].max()


def test_the_oracle_drops_what_is_hallucinated_first(smoke):
    run = smoke.path / GRID / "seed0"
    scores = pd.read_parquet(run / "gen0/scores").set_index("sample")
    kept = pd.read_parquet(run / "oracle/gen0/kept.parquet")["sample"]
    assert len(kept) == 1_800
    assert (scores.drop(kept)["label"] != "valid").sum() == min(
        200, (scores["label"] != "valid").sum()
    )


def test_the_control_without_a_network_is_refitted_to_a_random_choice(smoke):
    run = smoke.path / GRID / "seed0"
    kept = [pd.read_parquet(run / name / "gen0/kept.parquet") for name in ("random", "refitted")]
    assert kept[0].equals(kept[1])
    assert not (run / "refitted/gen1/loss.parquet").exists()
    metrics = pd.read_parquet(smoke.path / GRID / "metrics.parquet").query("generation == 1")
    rates = metrics[metrics["metric"] == "hallucination_rate"].set_index("filter")["value"]
    assert rates["refitted"] < 0.8 * rates["random"]  # so young a network leaves few modes


def test_windows_are_tried_on_samples_that_they_were_not_chosen_on(smoke):
    for experiment in ("gaussian1d", "gaussian1d_gap", "gaussian2d_grid", "gaussian2d_rotated"):
        tried = pd.read_parquet(smoke.path / f"results/smoke/{experiment}/transfer.parquet")
        first = tried.query("generation == 0").set_index("choice")
        assert {"scoring", "official"} <= {*first.index}
        assert tuple(first.loc["official", ["first", "last"]]) == (0, 9)
        half = first["hallucinated"] + first["valid"]
        assert (first["discarded"] == (half * 2_500 / 102_500).round()).all()


def test_tables_say_where_they_come_from(smoke):
    origin = tables.provenance(smoke.path / GRID / "seed0/gen0/samples/shard00001.parquet")
    assert origin["config"]["sampling"]["samples"] == 2_000
    assert origin["seed"] == 0
    assert origin["device"] == "cpu"
    assert set(origin["packages"]) >= {"torch", "pyarrow"}


def test_the_ledger_has_every_claim_and_confirms_nothing_with_one_seed(smoke):
    claims = pd.read_parquet(smoke.path / "results/smoke/claims.parquet")
    stated = read_claims(
        smoke.path / "config/claims.yaml",
        [path.stem for path in (smoke.path / "config/experiments").glob("*.yaml")],
    )
    expected = [(claim.id, name) for claim, name in stated.rows]
    assert list(zip(claims["id"], claims["experiment"], strict=True)) == expected
    assert claims["verdict"].eq("undecided").all()
    grid = claims[claims["experiment"] == "gaussian2d_grid"].set_index("id")
    # No such sweeps here, and with one seed no bridges that a trend or a ratio could be of.
    measured = grid.drop(
        index=[
            *("more_data", "more_data_as_published", "more_updates", "more_distance"),
            *("tail_helps", "fewer_steps"),
        ]
    )
    assert measured["value"].notna().all()
    page = (smoke.path / "results/smoke/claims.html").read_text()
    assert page.count("<tr") == 1 + len(claims)


def test_samples_are_told_by_where_they_ended_beside_the_published_labels(smoke):
    scores = pd.read_parquet(smoke.path / GRID / "seed0/gen0/scores")
    assert set(scores["endpoint"]) <= {"valid", "widened", "bridge", "stray"}
    assert (scores["endpoint"] == "valid").equals(scores["label"] == "valid")
    metrics = pd.read_parquet(smoke.path / GRID / "metrics.parquet").query("generation == 0")
    rates = metrics[metrics["metric"] == "endpoint_rate"].set_index("label")
    assert rates["value"].sum() == pytest.approx(1)
    assert rates["value"]["bridge"] == (scores["endpoint"] == "bridge").mean()
    assert rates["floor"]["bridge"] < 1e-15 < rates["blurred"]["bridge"]
    towards = metrics.set_index("metric").loc["towards_neighbours"]
    assert 0 < towards["floor"] < 1


def test_the_audit_of_the_ledger_tries_every_rule(smoke):
    audit = pd.read_parquet(smoke.path / "results/smoke/claims_audit.parquet")
    assert set(audit["rule"]) == set(RULES)
    assert set(audit["n"]) == {20, 10, 4}  # what takes long is tried less often
    assert audit["kept"].all()
    assert (smoke.path / "results/smoke/figures/claims_audit.png").exists()


def test_the_causes_add_up_to_the_excess(smoke):
    causes = pd.read_parquet(smoke.path / GRID / "causes.parquet")
    assert set(causes["sampler"]) == {"ddpm", "ddim", "ddim_few", "ddim_few_tail"}
    cells = causes.pivot(index=["sampler", "threshold"], columns="part", values="value")
    parts = cells[["sampler", "data", "network"]].sum(axis=1)
    assert (parts - cells["excess"]).abs().max() < 1e-12


def test_sweeps_cover_each_level_of_the_config(smoke):
    sweeps = pd.read_parquet(smoke.path / GRID / "seed0/sweeps")
    rates = sweeps[sweeps["metric"] == "hallucination_rate"]
    alone, crossed = rates[rates["second_factor"].isna()], rates.dropna(subset="second_factor")
    levels = alone.groupby("factor")["level"].agg(set).to_dict()
    assert levels == {
        "base": {"base"},
        "training_size": {"500", "2000"},
        "distance": {"40", "80"},
        "std": {"0.025", "0.05"},
        "imbalance": {"1", "16"},
        "eta": {"0", "1"},
        "noise_schedule": {"learned"},
    }
    pairs = crossed.groupby(["factor", "second_factor"])[["level", "second_level"]]
    cells = {names: set(map(tuple, of.to_numpy())) for names, of in pairs}
    assert cells == {
        ("training_size", "updates"): {(a, b) for a in ("500", "2000") for b in ("50", "100")},
        ("steps", "sampler"): {(a, b) for a in ("20", "60") for b in ("ddpm", "ddim")},
    }
    values = alone.set_index(["factor", "level"])["value"]
    assert values["base", "base"] == values["training_size", "2000"] == values["distance", "40"]
    excess = rates["value"] - rates["true_value"]
    assert excess.equals(rates["excess"])
    assert rates["excess"].between(rates["excess_low"], rates["excess_high"]).all()


def test_a_small_model_is_trained_on_the_schedule_that_was_learned(smoke):
    run = smoke.path / GRID / "seed0"
    schedule = pd.read_parquet(run / "schedule.parquet")
    assert schedule["t"].tolist() == list(range(1000))
    assert schedule["alphas_cumprod"].is_monotonic_decreasing
    origin = tables.provenance(run / "sweeps/noise_schedule=learned.parquet")
    assert f"{GRID}/seed0/schedule.parquet" in origin["tables"]


def test_sweeps_count_the_samples_of_each_level_along_both_coordinates(smoke):
    counts = pd.read_parquet(smoke.path / GRID / "seed0/sweep_histograms")
    alone = counts[counts["second_factor"].isna()]
    held = alone.groupby(["factor", "level", "coordinate"]).agg({"count": "sum", "n": "first"})
    assert len(held) == 12 * 2
    assert held["n"].eq(1_000).all()
    assert (held["count"] <= held["n"]).all()
    assert held["count"].gt(0).all()


def test_variance_is_split_among_the_seeds(smoke):
    variance = pd.read_parquet(smoke.path / GRID / "variance.parquet")
    assert variance["part"].tolist() == ["data", "training", "interaction", "sampling"]
    assert variance["share"].sum() == pytest.approx(1)


def test_paths_end_where_the_samples_are(smoke):
    run = smoke.path / GRID / "seed0/gen0"
    samples = pd.read_parquet(run / "samples").set_index("sample")
    ends = pd.read_parquet(run / "trajectories.parquet").query("t == 0").set_index("sample")
    assert len(ends) >= 20
    for coordinate in (0, 1):  # the last step adds no noise: the sample is its x0_hat
        expected = samples.loc[ends.index, f"x{coordinate}"]
        assert (ends[f"x0_hat{coordinate}"] - expected).abs().max() < 1e-4


def test_a_second_run_has_nothing_to_do(smoke):
    again = smoke.snakemake("-n", "--config", "preset=smoke")
    assert "Nothing to be done" in again.stdout + again.stderr


def test_one_more_generation_adds_only_new_jobs(smoke):
    path = smoke.path / "config/studies/grid_generations.yaml"
    text = path.read_text()
    try:
        path.write_text(text.replace("{generations: 1", "{generations: 2"))
        plan = smoke.snakemake(
            "-n", "--config", "preset=smoke", "experiments=[gaussian2d_grid]", "--", "all_tables"
        )
    finally:
        path.write_text(text)
    jobs = _job_counts(plan.stdout)
    assert jobs.pop("filter_samples") == 4
    assert jobs.pop("train_model") == 3
    assert jobs.pop("refit_mixture") == 1
    assert jobs.pop("draw_samples") == 8
    assert jobs.pop("score_samples") == 8
    assert jobs.pop("measure_generation") == 4
    again = {"collect_metrics", "transfer_thresholds", "write_config", "decide_claims"}
    assert set(jobs) == again | {"write_claims", "all_tables", "total"}


def test_shards_change_nothing_in_the_samples(smoke, scratch):
    path = scratch.path / "config/studies/grid_generations.yaml"
    path.write_text(path.read_text().replace("shard_size: 1_000", "shard_size: 500"))
    _run(scratch, f"{GRID}/metrics.parquet")
    assert len(list((scratch.path / GRID / "seed0/gen0/samples").iterdir())) == 4
    _assert_same_tables(smoke.path / GRID, scratch.path / GRID)


def test_a_run_killed_in_training_ends_with_the_same_tables(smoke, scratch):
    path = scratch.path / "config/presets/mlp.yaml"
    # Time to be killed in: the same updates, written down after each.
    path.write_text(path.read_text().replace("checkpoint_every: 50", "checkpoint_every: 1"))
    target = f"{GRID}/metrics.parquet"
    run = scratch.start(*_arguments(target))
    checkpoint = scratch.path / GRID / "seed0/gen0/model.safetensors.checkpoint"
    _wait_for(checkpoint, run)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert checkpoint.exists()
    assert not (scratch.path / GRID / "seed0/gen0/model.safetensors").exists()
    assert scratch.snakemake("--unlock").returncode == 0
    _run(scratch, target)
    log = scratch.path / "results/smoke/logs/gaussian2d_grid/seed0/gen0/train_model.log"
    assert "resuming after" in log.read_text()
    assert not checkpoint.exists()
    _assert_same_tables(smoke.path / GRID, scratch.path / GRID)


def _arguments(target: str) -> list[str]:
    settings = ["--config", "preset=smoke", "experiments=[gaussian2d_grid]"]
    return ["--cores", "2", "--rerun-incomplete", *settings, "--", target]


def _run(checkout, target: str) -> None:
    run = checkout.snakemake(*_arguments(target))
    assert run.returncode == 0, run.stderr[-4000:]


def _wait_for(path: Path, run, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not path.exists():
        assert run.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.005)


def _assert_same_tables(expected: Path, found: Path) -> None:
    """Every generation's scores, kept samples and metrics are equal to the bit."""
    names = ("scores", "kept.parquet", "metrics.parquet", "loss.parquet")
    paths = [path for name in names for path in expected.rglob(name)]
    assert len(paths) >= 10
    for path in paths:
        other = found / path.relative_to(expected)
        pd.testing.assert_frame_equal(
            pd.read_parquet(path), pd.read_parquet(other), check_exact=True
        )


def _job_counts(plan: str) -> dict[str, int]:
    rows = plan.split("Job stats:")[1].split("\n\n")[0].splitlines()[3:]
    return {row.split()[0]: int(row.split()[1]) for row in rows if row.split()}


def test_figures_are_pictures_with_nothing_cut_off(smoke):
    from matplotlib.image import imread

    figures = sorted((smoke.path / "results/smoke/figures").glob("*.png"))
    assert len(figures) > 40
    for path in figures:
        picture = imread(path)[..., :3]
        assert min(picture.shape[:2]) > 200, path
        assert picture.std() > 0.01, path
        edges = (picture[0], picture[-1], picture[:, 0], picture[:, -1])
        assert min(edge.min() for edge in edges) > 0.6, f"{path.name}: ink at its edge"


def test_each_figure_names_its_own_function_and_leads_to_its_tables(smoke, monkeypatch):
    monkeypatch.chdir(smoke.path)
    figures = sorted((smoke.path / "results/smoke/figures").glob("*.p[nd][gf]"))
    assert len(figures) > 80
    for path in figures:
        told = explain(path)
        function = re.match(r"  plotted by mirage\.figures\.(\w+)\.draw, (\S+):\d+,", told[1])
        assert path.stem.endswith(function[1]), path
        assert (ROOT / function[2]).is_file()
        assert any(re.match(r"    made by workflow/scripts/\w+\.py$", line) for line in told), path
        assert any(re.match(r" +with mirage\.\S+, src/\S+:\d+$", line) for line in told), path


def test_a_metric_leads_to_the_function_that_measures_it(smoke):
    table = smoke.path / "results/smoke/gaussian2d_grid/seed0/gen0/metrics.parquet"
    told = "\n".join(explain(table, "mode_weight_tv"))
    assert re.search(r"mirage\.metrics\.mixture\.\w+, src/mirage/metrics/mixture\.py:\d+", told)
    assert "mirage.metrics.detection" not in told

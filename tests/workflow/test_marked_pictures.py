"""Digits are marked in a real browser, and the workflow makes a ROC of what was saved."""

import numpy as np
import pandas as pd
import pytest
from checkouts import ROOT, Checkout
from sklearn.metrics import cohen_kappa_score, roc_auc_score

GEN0 = "results/smoke/mnist/seed0/gen0"
PAGE = "results/smoke/mnist/label.html"
TARGETS = (
    f"{GEN0}/metrics.parquet",
    "results/smoke/mnist/transfer.parquet",
    "results/smoke/mnist/seed0/oracle/gen0/kept.parquet",
    "results/smoke/figures/mnist_roc.png",
    "results/smoke/figures/mnist_explorer.html",
)
LOST = 30  # pictures that nobody has judged


def label_by(checkout, labels: str) -> None:
    """Write the files of labels into the experiment's smoke preset, and a filter that uses them."""
    text = (ROOT / "config/experiments/mnist.yaml").read_text()
    before = "    recursion: {generations: 1, filters: [hal], keep: 200}"
    assert text.count(before) == 1
    after = f"    labels: {labels}\n{before.replace('[hal]', '[hal, oracle]')}"
    path = checkout.path / "config/experiments/mnist.yaml"
    text = text.replace("replicates: 3\n", "replicates: 1\n")
    path.write_text(text.replace(before, after))


def arguments(*targets: str) -> list[str]:
    settings = ("--config", "preset=smoke", "experiments=[mnist]")
    return ["--cores", "1", "--scheduler", "greedy", *settings, "--", *targets]


def run(checkout, *targets: str) -> None:
    finished = checkout.snakemake(*arguments(*targets))
    assert finished.returncode == 0, finished.stderr[-4000:]


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Checkout:
    """A finished run up to the page for labels."""
    checkout = Checkout(tmp_path_factory.mktemp("digits"))
    run(checkout, PAGE, f"{GEN0}/metrics.parquet", f"{GEN0}/trajectories.parquet")
    return checkout


def mark(page, words) -> None:
    for word in words:
        page.keyboard.press(word[0])


@pytest.fixture
def marked(digits, visit, tmp_path) -> pd.DataFrame:
    """Two people's files; the first took what scores high for hallucinated, mostly."""
    page = visit(digits.path / PAGE)
    order = page.evaluate("set.samples")
    scores = pd.read_parquet(digits.path / GEN0 / "scores").set_index("sample")["hal_0_4"]
    high = (
        scores[order].rank().to_numpy() + np.random.default_rng(0).normal(0, 40, len(order)) > 150
    )
    words = np.where(high, "hallucinated", "fine")
    words[::11] = "unsure"
    for person in ("anna", "ben"):
        mark(page, words[:-LOST])
        with page.expect_download() as download:
            page.keyboard.press("s")
        download.value.save_as(digits.path / f"{person}.csv")
        for _ in words[:-LOST]:
            page.keyboard.press("z")
        words[::7] = "fine"
    table = pd.read_csv(digits.path / "anna.csv", comment="#")
    return table.merge(pd.read_csv(digits.path / "ben.csv", comment="#"), on="sample")


def test_what_people_marked_becomes_a_roc_and_retrains_nothing(digits, marked):
    label_by(digits, "[anna.csv, ben.csv]")
    plan = digits.snakemake("-n", *arguments(*TARGETS))
    assert plan.returncode == 0, plan.stderr
    assert "read_labels" in plan.stdout
    assert "rule train_model" not in plan.stdout
    assert "rule draw_samples" not in plan.stdout
    assert "rule score_samples" not in plan.stdout
    run(digits, *TARGETS)

    agreed = marked[(marked["label_x"] == marked["label_y"]) & (marked["label_x"] != "unsure")]
    scores = pd.read_parquet(digits.path / GEN0 / "scores").set_index("sample")
    hallucinated = agreed["label_x"] == "hallucinated"
    metrics = pd.read_parquet(digits.path / GEN0 / "metrics.parquet").set_index("metric")
    auroc = metrics.loc["auroc"]
    assert auroc["n"].eq(len(agreed)).all()
    for area, score in zip(auroc["value"], ("hal_0_4", "hal_0_9"), strict=True):
        expected = roc_auc_score(hallucinated, scores.loc[agreed["sample"], score])
        assert area == pytest.approx(expected)
    assert (auroc["low"] < auroc["value"]).all()
    rate = metrics.loc["hallucination_rate"]
    assert (rate["value"], rate["n"]) == (pytest.approx(hallucinated.mean()), len(agreed))
    kappa = metrics.loc["cohens_kappa"]
    assert kappa["value"] == pytest.approx(cohen_kappa_score(marked["label_x"], marked["label_y"]))
    assert kappa["n"] == len(marked) == 210 - LOST

    roc = pd.read_parquet(digits.path / GEN0 / "roc.parquet")
    assert roc["true_positive_rate"].max() == 1
    transfer = pd.read_parquet(digits.path / "results/smoke/mnist/transfer.parquet")
    transfer = transfer[transfer["choice"] == "scoring"]
    odd = agreed["sample"] % 2 == 1
    assert transfer["hallucinated"].tolist() == [hallucinated[odd].sum()]
    kept = pd.read_parquet(digits.path / "results/smoke/mnist/seed0/oracle/gen0/kept.parquet")
    gone = set(range(210)) - set(kept["sample"])
    assert len(gone) == 10
    assert gone <= set(agreed.loc[hallucinated, "sample"])


def test_labels_of_other_pictures_end_in_one_line(digits, marked):
    path = digits.path / "anna.csv"
    path.write_text(path.read_text().replace("# pictures ", "# pictures 0"))
    label_by(digits, "anna.csv")
    refused = digits.snakemake(*arguments(f"{GEN0}/labels.parquet"))
    assert refused.returncode != 0
    log = (digits.path / "results/smoke/logs/mnist/seed0/read_labels.log").read_text()
    assert "anna.csv:1: labels of other pictures" in log.splitlines()[-1]
    assert "Traceback" not in log


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("210,fine", "labels.csv:3: an unknown sample: found '210'; allowed: 0 to 209"),
        ("1,fine\n1,fine", "labels.csv:4: sample 1 again"),
        ("1,good", "labels.csv:3: an unknown label: found 'good'; allowed: fine, hallucinated"),
    ],
    ids=["unknown sample", "twice", "another word"],
)
def test_a_file_that_cannot_be_used_is_refused_before_any_job_starts(scratch, rows, said):
    (scratch.path / "labels.csv").write_text(f"# pictures 0\nsample,label\n{rows}\n")
    label_by(scratch, "labels.csv")
    refused = scratch.snakemake("-n", *arguments(PAGE))
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert f"mnist.yaml: labels: {said}" in last


def test_a_file_that_is_not_there_is_named(scratch):
    label_by(scratch, "labels.csv")
    refused = scratch.snakemake("-n", *arguments(PAGE))
    assert "labels: no such file" in refused.stderr.strip().splitlines()[-1]

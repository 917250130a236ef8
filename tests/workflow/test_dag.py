"""What Snakemake plans, and what it refuses to plan."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkouts import ROOT

from mirage_workflow.makers import remedy

EXPERIMENTS = sorted(path.stem for path in (ROOT / "config/experiments").glob("*.yaml"))
PRESETS = ("smoke", "quick", "default", "paper")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_experiment_is_planned_at_every_preset(checkout, experiment, preset):
    plan = checkout.snakemake(
        "-n", "--config", f"preset={preset}", f"experiments=[{experiment}]", "seeds=[0, 1]"
    )
    assert plan.returncode == 0, plan.stderr
    assert f"results/{preset}/{experiment}/seed1/gen0/model.safetensors" in plan.stdout
    assert "seed2/" not in plan.stdout


def test_generations_hang_together_by_what_filters_kept(checkout):
    target = "results/paper/gaussian2d_grid/seed0/hal/gen2/model.safetensors"
    plan = checkout.snakemake("-n", "--config", "preset=paper", "--", target)
    assert plan.returncode == 0, plan.stderr
    for needed in (
        "seed0/gen0/scores/shard00000.parquet",
        "seed0/hal/gen0/kept.parquet",
        "seed0/hal/gen1/model.safetensors",
        "seed0/hal/gen1/kept.parquet",
    ):
        assert needed in plan.stdout
    assert "random/" not in plan.stdout


def test_the_control_has_generations_as_the_filters_have_but_no_network(checkout):
    target = "results/default/gaussian2d_grid/seed0/refitted/gen2/metrics.parquet"
    plan = checkout.snakemake("-n", "--config", "preset=default", "--", target)
    assert plan.returncode == 0, plan.stderr
    made = re.findall(r"^rule (\w+):\n.*?^    output: (\S+)", plan.stdout, re.M | re.S)
    weights = {path: rule for rule, path in made if "model.safetensors" in path}
    home = "results/default/gaussian2d_grid/seed0"
    assert {path.rstrip(","): rule for path, rule in weights.items()} == {
        f"{home}/gen0/model.safetensors": "train_model",
        f"{home}/refitted/gen1/model.safetensors": "refit_mixture",
        f"{home}/refitted/gen2/model.safetensors": "refit_mixture",
    }


def test_panels_by_level_are_of_small_models_that_differ_in_one_thing(checkout):
    target = "results/default/figures/gaussian1d_density_by_level.png"
    plan = checkout.snakemake("-n", "--config", "preset=default", "seeds=[0]", "--", target)
    assert plan.returncode == 0, plan.stderr
    (inputs,) = re.findall(r"^rule plot_density_by_level:\n    input: (.*)", plan.stdout, re.M)
    shown = re.findall(r"sweep_histograms/(\S+)\.parquet", inputs)
    assert {"training_size=1000", "distance=40", "imbalance=16"} < set(shown)
    assert not [name for name in shown if "," in name]


@pytest.mark.parametrize(
    "figure", ["gaussian1d_density_by_level", "mnist_sweeps", "shapes_bridges"]
)
def test_a_figure_of_what_an_experiment_lacks_has_no_rule(checkout, figure):
    target = f"results/smoke/figures/{figure}.png"
    plan = checkout.snakemake("-n", "--config", "preset=smoke", "--", target)
    assert plan.returncode != 0
    assert f"No rule to produce {target}" in plan.stdout + plan.stderr


def test_pictures_of_the_gallery_have_a_rule_where_it_says_they_are_from(checkout):
    gallery = (ROOT / "docs/gallery.md").read_text("utf-8")
    shown = re.findall(r"\(figures/(\w+)\.png\)\n\n`(\w+)` · `(\w+)`", gallery)
    assert len(shown) > 25
    for preset in {preset for _, _, preset in shown}:
        here = [(picture, name) for picture, name, of in shown if of == preset]
        targets = [f"results/{preset}/figures/{picture}.png" for picture, _ in here]
        asked = [f"preset={preset}", f"experiments={sorted({name for _, name in here})}"]
        plan = checkout.snakemake("-n", "--config", *asked, "--", *targets)
        assert plan.returncode == 0, plan.stderr


def test_filters_that_are_only_shown_are_those_of_the_first_seed(checkout):
    target = "results/default/shapes/metrics.parquet"
    plan = checkout.snakemake("-n", "--config", "preset=default", "seeds=[3, 4]", "--", target)
    assert plan.returncode == 0, plan.stderr
    for seed, filters in ((3, ("random", "hal", "none", "oracle")), (4, ("random", "hal"))):
        found = set(re.findall(rf"shapes/seed{seed}/(\w+)/gen2/model.safetensors", plan.stdout))
        assert found == set(filters)


def test_the_slurm_profile_resolves_from_the_root(checkout):
    plan = checkout.snakemake("-n", "--profile", "slurm", "--config", "preset=smoke")
    assert plan.returncode == 0, plan.stderr
    assert "gpu=1" in plan.stdout


def test_jobs_see_no_gpu_when_none_may_be_used(checkout):
    for limit in (("--resources", "gpu=0"), ("--config", "device=cpu")):
        plan = checkout.snakemake("-n", *limit)
        assert plan.returncode == 0, plan.stderr
        assert "gpu=0" in plan.stdout
        assert "gpu=1" not in plan.stdout


def test_a_damaged_file_is_told_with_the_very_rule_that_makes_it(checkout):
    plan = checkout.snakemake("-n", "--config", "preset=smoke")
    assert plan.returncode == 0, plan.stderr
    makers = {}
    for job in plan.stdout.split("\nrule ")[1:]:
        outputs = re.search(r"^    output: (.*)$", job, re.MULTILINE)
        for output in outputs[1].split(", ") if outputs else []:
            if Path(output).suffix in (".parquet", ".safetensors"):
                makers[output] = job.split(":")[0]
    assert len(makers) > 50
    for output, rule in makers.items():
        assert remedy(output) == f"delete it and run again; rule {rule} makes it anew"


REFUSALS = {
    "preset=quik": ("preset", "'quik'", "quick"),
    "experiments=[gaussian3d]": ("experiments", "'gaussian3d'", "gaussian1d"),
    "seeds=[-1]": ("seeds", "-1", "greater than or equal to 0"),
    "sedes=[1]": ("'sedes'", "did you mean 'seeds'"),
    "device=tpu": ("device", "'tpu'", "cuda"),
    "preset='two\\nlines'": ("preset", "quick"),
    "experiments={a: {b: [c]}}": ("experiments", "list"),
    "experiments=['größe', '../x']": ("experiments", "'größe'", "gaussian1d"),
    "seeds=[.nan]": ("seeds", "nan"),
    "seeds=1e400": ("seeds",),
}


@pytest.mark.parametrize("setting", REFUSALS)
def test_a_bad_setting_is_refused_in_one_line(checkout, setting):
    refused = checkout.snakemake("-n", "--quiet", "all", "--config", setting)
    assert refused.returncode != 0
    lines = refused.stderr.strip().splitlines()
    assert all(word in lines[-1] for word in REFUSALS[setting])
    assert "Traceback" not in refused.stderr


GENERATIONS = "studies/grid_generations.yaml"
FILE_REFUSALS = {
    (GENERATIONS, "generations: 3", "generations: -3"): ("recursion.generations", "-3"),
    (GENERATIONS, "filters: [random, hal, oracle]", "filters: [halo]"): (
        "filters",
        "'halo'",
        "hal",
    ),
    (GENERATIONS, "keep: 100_000", "keep: 200_000"): ("recursion.keep", "200000", "105000"),
    ("experiments/gaussian2d_grid.yaml", "name: gaussian2d_grid", "name: gaussian3d"): (
        "dataset",
        "gaussian3d",
        "gaussian1d",
    ),
    ("experiments/gaussian2d_grid.yaml", "updates: 5_000", "updatez: 5_000"): (
        "training",
        "'updatez'",
        "'updates'",
    ),
    ("studies/grid_sweeps.yaml", "{width: 64}", "{width: 63}"): (
        "sweeps: network_width=64",
        "63",
    ),
    ("presets/mlp.yaml", "ema_decay: 0.995", "ema_decai: 0.9"): ("training", "'ema_decay'"),
}


@pytest.mark.parametrize("edit", FILE_REFUSALS)
def test_a_bad_experiment_file_is_refused_before_any_job_starts(scratch, edit):
    file, before, after = edit
    path = scratch.path / "config" / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))
    settings = ("preset=default", "experiments=[gaussian2d_grid]")
    refused = scratch.snakemake("--cores", "1", "--config", *settings)
    assert refused.returncode != 0
    last = refused.stderr.strip().splitlines()[-1]
    assert "gaussian2d_grid.yaml" in last
    assert file in last
    assert all(word in last for word in FILE_REFUSALS[edit])
    assert not (scratch.path / "results").exists()


@pytest.mark.parametrize(
    ("windows", "word"), [("[[9, 4]]", "T1 must be below T2"), ("[[0, 400]]", "longer")]
)
def test_a_window_that_cannot_be_is_refused(scratch, windows, word):
    path = scratch.path / "config/experiments/gaussian2d_grid.yaml"
    path.write_text(path.read_text() + f"detection: {{windows: {windows}}}\n")
    refused = scratch.snakemake("-n")
    assert refused.returncode != 0
    assert word in refused.stderr.strip().splitlines()[-1]


def test_cuda_is_refused_where_there_is_none(scratch):
    has_cuda = subprocess.run(["which", "nvidia-smi"], capture_output=True).returncode == 0
    run = scratch.snakemake("--cores", "1", "--config", "preset=smoke", "device=cuda")
    if has_cuda:
        assert "no CUDA device" not in run.stderr
    else:
        assert run.returncode != 0
        assert "config: device: found 'cuda'" in run.stderr
        assert not (scratch.path / "results").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check"),
        ("ruff", "format", "--check"),
        ("snakefmt", "--check", "Snakefile", "workflow/rules"),
        ("snakemake", "--lint"),
    ],
    ids=" ".join,
)
def test_the_code_passes_its_own_checks(command):
    checked = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_claim_of_an_unknown_statistic_is_refused_before_any_job_starts(scratch):
    path = scratch.path / "config/claims.yaml"
    text = path.read_text()
    assert "name: slope_ratio" in text
    path.write_text(text.replace("name: slope_ratio", "name: vibes", 1))
    refused = scratch.snakemake("--cores", "1", "--config", "preset=smoke")
    assert refused.returncode != 0
    line = refused.stderr.strip().splitlines()[-1]
    assert all(word in line for word in ("claims.yaml", "statistic", "'vibes'", "bridges_exist"))


@pytest.mark.parametrize("rules", sorted(ROOT.glob("workflow/rules/*.smk")), ids=lambda p: p.stem)
def test_a_job_that_is_tried_again_asks_for_more(rules):
    asked = re.findall(r"^ +(?:mem_mb|runtime)=(.*),$", rules.read_text(), re.MULTILINE)
    assert [amount for amount in asked if not amount.startswith(("growing(", "minutes("))] == []


@pytest.mark.parametrize(("experiment", "decided"), [("mine", False), ("gaussian1d", True)])
def test_the_ledger_is_of_runs_that_a_claim_is_about(scratch, experiment, decided):
    (scratch.path / "config/experiments/mine.yaml").write_text("extends: gaussian1d\n")
    plan = scratch.snakemake("-n", "--config", "preset=smoke", f"experiments=[{experiment}]")
    assert plan.returncode == 0, plan.stderr
    assert f"figures/{experiment}_roc.png" in plan.stdout
    assert ("claims.md" in plan.stdout) == decided
    assert ("claims_audit.parquet" in plan.stdout) == decided


def test_every_seed_is_a_replicate_of_the_studies(checkout):
    plan = checkout.snakemake(
        "-n", "--config", "preset=default", "experiments=[gaussian2d_grid]", "seeds=[0, 1, 2]"
    )
    assert plan.returncode == 0, plan.stderr
    for needed in (
        "seed2/causes/empirical.parquet",
        "seed2/sweeps/training_size=infinite.parquet",
        "seed2/score/followed.parquet",
        "replicates/data2.parquet",
        "results/default/claims.parquet",
        "results/default/claims_audit.parquet",
    ):
        assert needed in plan.stdout

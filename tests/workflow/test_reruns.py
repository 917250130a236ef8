"""After an edit, exactly those jobs run again whose numbers it may change."""

import re
import shutil
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from checkouts import Small

OWN = Path(__file__).with_name("my_own.py")
DRAWING = {"draw_samples", "record_trajectories"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Small:
    """A run with all its figures that has ended well, by a detector and a filter of one's own."""
    copy = Small(tmp_path_factory.mktemp("finished"))
    shutil.copy(OWN, copy.path / "my.py")
    with open(copy.path / "my.py", "a") as file:
        file.write("\n\n@filter('far')\ndef far(scores, rng):\n    return -scores['distance']\n")
    set_keys(copy, recursion={"generations": 1, "filters": ["near"], "keep": 1_800})
    copy.settings = (*copy.settings, "extensions=[my.py]")
    copy.target = "all_figures"
    copy.variables = {"MIRAGE_CHECK_CODE": "1"}
    copy.run()
    return copy


def set_keys(copy: Small, **sections: dict) -> None:
    """Change keys of the experiment, as its own file says them for this preset."""
    path = copy.path / "config/experiments/gaussian1d.yaml"
    recipe = yaml.safe_load(path.read_text())
    smoke = recipe.setdefault("presets", {}).setdefault("smoke", {})
    for section, values in sections.items():
        smoke[section] = smoke.get(section, {}) | values
    path.write_text(yaml.safe_dump(recipe))


@contextmanager
def restored(path: Path):
    """Whatever is done to a file within the block is undone."""
    text = path.read_text()
    try:
        yield
    finally:
        path.write_text(text)


def due(copy: Small) -> dict[str, set[str]]:
    """The rules that would run, each with why: `params`, `input`, `missing`."""
    plan = copy.snakemake("-n", *copy.settings, "--", copy.target)
    assert plan.returncode == 0, plan.stderr
    rules = defaultdict(set)
    for job in re.split(r"\n(?:local)?rule ", plan.stdout)[1:]:
        reason = re.search(r"^    reason: (.*)$", job, re.MULTILINE)[1]
        words = {"Params": "params", "Input files": "input", "Missing": "missing"}
        rules[job.split(":")[0]] |= {why for word, why in words.items() if word in reason}
    return {rule: why for rule, why in rules.items() if not rule.startswith("all_")}


def assert_rerun(copy: Small, expected: set[str]) -> None:
    """Those rules run again, and no other because of what it is told or of its code.

    Of a job whose inputs are made anew, Snakemake names that as the reason and no other.
    """
    again = due(copy)
    told = {rule for rule, why in again.items() if "params" in why}
    assert told
    assert told <= expected <= set(again)


def test_a_finished_run_has_nothing_to_do(finished):
    assert due(finished) == {}


EDITS = {
    # file: the rules whose code that is
    "src/mirage/metrics/histogram.py": {"count_histogram"},
    "src/mirage/figures/density.py": {"plot_density"},
    "src/mirage/filters.py": {"filter_samples"},
    "src/mirage/training.py": {"train_model"},
    "workflow/scripts/plot_roc.py": {"plot_roc"},
    "workflow/mirage_workflow/schemas/roc.py": {"measure_generation"},
    "my.py": {"filter_samples", "write_config"},
}


@pytest.mark.parametrize("file", EDITS)
def test_an_edited_file_runs_again_what_rests_on_it(finished, file):
    path = finished.path / file
    with restored(path):
        path.write_text(path.read_text() + "\n\nEDITED = 1\n")
        assert_rerun(finished, EDITS[file])


def test_a_kernel_runs_again_what_it_computes(finished):
    path = finished.path / "src/mirage/engine/layers.h"
    with restored(path):
        path.write_text(path.read_text() + "\nstatic const int edited = 1;\n")
        assert_rerun(finished, {"train_model", *DRAWING})


def test_a_figure_or_the_schema_of_a_table_retrains_nothing(finished):
    files = [finished.path / "src/mirage/figures" / name for name in ("style.py", "density.py")]
    files += [finished.path / "workflow/mirage_workflow/schemas/roc.py"]
    with restored(files[0]), restored(files[1]), restored(files[2]):
        for file in files:
            file.write_text(file.read_text() + "\nEDITED = 1\n")
        again = due(finished)
    assert "plot_density" in again
    assert "measure_generation" in again
    assert not {"train_model", "draw_samples", "filter_samples"} & set(again)


@pytest.mark.parametrize(
    "file",
    ["src/mirage/diffusion.py", "workflow/scripts/train_model.py", "my.py"],
)
def test_a_docstring_a_comment_or_a_touch_runs_nothing_again(finished, file):
    path = finished.path / file
    with restored(path):
        text = path.read_text()
        start = text.index('"""')
        path.write_text(text[:start] + '"""Another text. ' + text[start + 3 :] + "\n# a comment\n")
        assert due(finished) == {}


KEYS = {
    # section: (values, the rules that are told of it)
    "training": ({"updates": 140}, {"train_model"}),
    "sampling": ({"eta": 0.5, "sampler": "ddim"}, DRAWING),
    "detection": (
        {"windows": [[0, 4], [0, 9], [0, 19]]},
        {*DRAWING, "score_samples", "measure_generation"},
    ),
    "trajectories": ({"paths": 30}, {"record_trajectories"}),
    "recursion": ({"keep": 1_700}, {"filter_samples"}),
    "embedding": ({"pictures": 100}, set()),
}


@pytest.mark.parametrize("section", KEYS)
def test_a_changed_key_runs_again_the_jobs_that_are_told_of_it(finished, section):
    values, expected = KEYS[section]
    with restored(finished.path / "config/experiments/gaussian1d.yaml"):
        set_keys(finished, **{section: values})
        assert_rerun(finished, expected | {"write_config"})


def test_one_more_filter_chooses_once_more_and_leaves_the_others_alone(finished):
    with restored(finished.path / "config/experiments/gaussian1d.yaml"):
        set_keys(finished, recursion={"filters": ["near", "far"]})
        again = due(finished)
    assert again["filter_samples"] == {"missing"}
    assert "params" not in again["train_model"]

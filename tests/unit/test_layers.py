"""Experiments say what is their own; sizes, studies and another experiment give the rest."""

from dataclasses import asdict
from pathlib import Path

import pytest
import yaml
from documents import PAGES, experiments

from mirage_workflow.config.check import ConfigError
from mirage_workflow.config.settings import read_experiment

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = sorted((CONFIG / "experiments").glob("*.yaml"))

SIZES = """
dataset: {samples: 1_000, heldout: 100}
network: {name: mlp, width: 64}
training: {updates: 100, batch_size: 50}
sampling: {samples: 500}
presets:
  smoke: {training: {updates: 10}, sampling: {samples: 50}}
  paper: {training: {updates: 1_000}, network: {width: 256}}
"""
STUDY = """
recursion: {generations: 1, filters: [hal], keep: 400}
presets:
  smoke: {recursion: {keep: 40}}
"""
SWEEPS = """
sweeps: {factors: {width: {32: {network: {width: 32}}}}}
"""
GRID = """
sizes: small
studies: [again]
dataset: {name: gaussian2d_grid}
training: {updates: 200}
presets:
  smoke: {sampling: {samples: 60}}
"""
FILES = {
    "presets/small": SIZES,
    "studies/again": STUDY,
    "studies/width": SWEEPS,
    "experiments/grid": GRID,
}


@pytest.fixture
def read(tmp_path):
    """Reads an experiment from a config folder of a few files, some of them changed."""

    def read(name="grid", preset="default", **files):
        for folder in ("presets", "studies", "experiments"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for file, text in (FILES | {key.replace("__", "/"): files[key] for key in files}).items():
            (tmp_path / f"{file}.yaml").write_text(text)
        return read_experiment(tmp_path / f"experiments/{name}.yaml", preset)

    return read


@pytest.fixture
def complaint(read):
    """The one line that refuses an experiment."""

    def complaint(*args, **files) -> str:
        with pytest.raises(ConfigError) as caught:
            read(*args, **files)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return complaint


# --- what holds --------------------------------------------------------------------------------


def test_sizes_and_studies_give_what_the_experiment_leaves_unsaid(read):
    grid = read()
    assert (grid.network.width, grid.sampling.samples) == (64, 500)
    assert (grid.recursion.keep, grid.training.updates) == (400, 200)


def test_what_is_said_of_a_preset_is_above_all_that_is_said_of_every_preset(read):
    """The experiment trains longer than its sizes say, and in `smoke` as briefly as any."""
    assert read(preset="smoke").training.updates == 10
    assert read(preset="paper").training.updates == 1_000
    assert read(preset="quick").training.updates == 200


def test_of_one_preset_the_experiment_has_the_last_word(read):
    smoke = read(preset="smoke")
    assert (smoke.sampling.samples, smoke.recursion.keep) == (60, 40)


def test_a_later_study_is_laid_over_an_earlier_one(read):
    two = GRID.replace("[again]", "[again, more]")
    more = "recursion: {keep: 450}"
    assert read(experiments__grid=two, studies__more=more).recursion.keep == 450


def test_an_experiment_that_extends_another_differs_in_what_it_says(read):
    turned = read(
        "turned", experiments__turned="{extends: grid, dataset: {name: gaussian2d_rotated}}"
    )
    assert turned.dataset.name == "gaussian2d_rotated"
    assert read().model_dump(exclude={"dataset"}) == turned.model_dump(exclude={"dataset"})
    assert asdict(read().dataset) == asdict(turned.dataset)


@pytest.mark.parametrize("studies", ["[]", "[width]"])
def test_studies_are_inherited_unless_said(read, studies):
    turned = read("turned", experiments__turned=f"{{extends: grid, studies: {studies}}}")
    assert turned.recursion.generations == 0
    assert (turned.sweeps is not None) == (studies == "[width]")


def test_a_preset_like_another_takes_its_numbers_from_all_layers_below(read):
    like = "{extends: grid, presets: {paper: {like: smoke, sampling: {steps: 20}}}}"
    paper = read("alike", "paper", experiments__alike=like)
    assert (paper.training.updates, paper.network.width) == (10, 64)
    assert (paper.sampling.samples, paper.sampling.steps) == (60, 20)


def test_a_file_that_builds_on_no_other_is_taken_as_it_is(read):
    alone = SIZES.replace("{samples: 1_000", "{name: gaussian2d_grid, samples: 1_000")
    assert read("alone", experiments__alone=alone).training.updates == 100


# --- matters of computing ----------------------------------------------------------------------


def test_how_the_work_is_cut_is_in_no_section_of_the_science(read):
    compute = "compute: {shard_size: 2_000, threads: 2, checkpoint_every: 5}\n"
    plain, cut = read(), read(experiments__grid=GRID + compute)
    assert (cut.compute.shard_size, cut.compute.threads, cut.compute.checkpoint_every) == (
        2000,
        2,
        5,
    )
    assert plain.model_dump(exclude={"compute"}) == cut.model_dump(exclude={"compute"})


def test_matters_of_computing_are_refused_in_sections_of_the_science(read):
    with pytest.raises(ConfigError, match="sampling: unknown key 'shard_size'"):
        read(experiments__grid=GRID + "sampling: {shard_size: 2_000}\n")


# --- what is refused ---------------------------------------------------------------------------

REFUSED = {
    "unknown sizes": (
        {"experiments__grid": GRID.replace("small", "smal")},
        ["experiments/grid.yaml: sizes: unknown name 'smal' (did you mean 'small'?)"],
    ),
    "an unknown study": (
        {"experiments__grid": GRID.replace("again", "agian")},
        ["experiments/grid.yaml: studies: unknown name 'agian' (did you mean 'again'?)", "width"],
    ),
    "an unknown experiment": (
        {"experiments__grid": GRID + "extends: gird"},
        ["experiments/grid.yaml: extends: unknown name 'gird' (did you mean 'grid'?)"],
    ),
    "a circle": (
        {"experiments__grid": GRID + "extends: a", "experiments__a": "extends: grid"},
        ["experiments/grid.yaml: extends: a circle: grid -> a -> grid"],
    ),
    "itself": (
        {"experiments__grid": GRID + "extends: grid"},
        ["extends: a circle: grid -> grid"],
    ),
    "a list for a name": (
        {"experiments__grid": GRID.replace("small", "[small]")},
        ["experiments/grid.yaml: sizes: ", "string"],
    ),
    "a name for a list": (
        {"experiments__grid": GRID.replace("[again]", "again")},
        ["experiments/grid.yaml: studies: ", "list"],
    ),
    "an unknown way to build": (
        {"experiments__grid": GRID.replace("sizes", "size")},
        ["experiments/grid.yaml: unknown key 'size' (did you mean 'sizes'?)"],
    ),
    "sizes that build on others": (
        {"presets__small": SIZES + "extends: grid"},
        ["presets/small.yaml: unknown key 'extends'", "allowed: presets, dataset"],
    ),
    "an unknown section of sizes": (
        {"presets__small": SIZES.replace("sampling: {samples: 500}", "sampleing: {}")},
        ["presets/small.yaml: unknown key 'sampleing' (did you mean 'sampling'?)"],
    ),
    "an unknown section of a preset": (
        {"studies__again": STUDY + "  default: {recursoin: {}}"},
        ["studies/again.yaml: presets.default: unknown key 'recursoin'", "'recursion'"],
    ),
    "an unknown key of sizes": (
        {"presets__small": SIZES.replace("batch_size", "batchsize")},
        ["experiments/grid.yaml", "'batchsize' (did you mean 'batch_size'?)", "presets/small.yaml"],
    ),
    "a value of a study that cannot be": (
        {"studies__again": STUDY.replace("keep: 400", "keep: -4")},
        ["experiments/grid.yaml", "recursion.keep", "-4", "studies/again.yaml"],
    ),
    "a value of a study that another rules out": (
        {"studies__again": STUDY.replace("keep: 400", "keep: 501")},
        ["experiments/grid.yaml", "recursion.keep: more kept than drawn", "studies/again.yaml"],
    ),
    "a small model of a study that cannot work": (
        {
            "experiments__grid": GRID.replace("[again]", "[width]"),
            "studies__width": SWEEPS.replace("width: 32}", "width: 33}"),
        },
        ["experiments/grid.yaml", "sweeps: width=32", "33", "studies/width.yaml"],
    ),
    "an unknown preset of sizes": (
        {"presets__small": SIZES.replace("paper", "papper")},
        ["presets/small.yaml: presets: unknown preset 'papper' (did you mean 'paper'?)"],
    ),
    "like no preset": (
        {"experiments__grid": GRID + "  default: {like: smok}"},
        ["experiments/grid.yaml: presets.default.like: unknown preset 'smok'", "'smoke'"],
    ),
    "a study like another preset": (
        {"studies__again": STUDY + "  default: {like: smoke}"},
        ["studies/again.yaml: presets.default: unknown key 'like'"],
    ),
    "sizes that are no YAML": (
        {"presets__small": "a: b: c"},
        ["presets/small.yaml: not YAML", "line 1"],
    ),
    "a study that is a list": (
        {"studies__again": "[1, 2]"},
        ["studies/again.yaml: must be a mapping"],
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_cannot_be_is_told_in_a_line_with_file_and_key(complaint, fault):
    files, words = REFUSED[fault]
    message = complaint(**files)
    for word in words:
        assert word in message


def test_a_fault_of_the_experiments_own_file_names_no_other(complaint):
    message = complaint(experiments__grid=GRID.replace("updates: 200", "updates: -2"))
    assert "training.updates" in message
    assert "small.yaml" not in message


# --- the files that come with the pipeline -----------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_an_experiment_is_said_in_45_lines(path):
    assert len(path.read_text().splitlines()) <= 45


def test_no_experiment_has_three_lines_in_a_row_of_another():
    where = {}
    for path in SHIPPED:
        lines = [line.split(" #")[0].strip() for line in path.read_text().splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        for first in range(len(lines) - 2):
            block = tuple(lines[first : first + 3])
            assert where.setdefault(block, path) == path, f"{block} is in {path} too"


def test_every_size_and_study_that_comes_with_the_pipeline_is_of_some_experiment():
    """One that comes with it, or one that the docs have a user write."""
    named = {"sizes": set(), "studies": set()}
    written = [text for page in PAGES for text in experiments(page).values()]
    for text in [*(path.read_text() for path in SHIPPED), *written]:
        recipe = yaml.safe_load(text)
        named["sizes"] |= {recipe["sizes"]} if "sizes" in recipe else set()
        named["studies"] |= set(recipe.get("studies", []))
    assert named["sizes"] == {path.stem for path in (CONFIG / "presets").glob("*.yaml")}
    assert named["studies"] == {path.stem for path in (CONFIG / "studies").glob("*.yaml")}

"""Real runs of the real workflow, in copies of the checkout."""

import pytest
from checkouts import Checkout, Small

from mirage.datasets.digits import SHA256


def pytest_collection_modifyitems(items) -> None:
    """Slurm comes last: its commands, once installed, make Snakemake wait for a cluster."""
    items.sort(key=lambda item: item.path.name == "test_slurm.py")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory) -> Checkout:
    """A copy that tests only read, with files to plan for: dry runs and refusals."""
    copy = Checkout(tmp_path_factory.mktemp("checkout"))
    pictures, clothes = copy.path / "resources/pictures", copy.path / "resources/fashion"
    for folder in (pictures, clothes):
        folder.mkdir(parents=True)
    for path in (pictures / "0.png", *(clothes / name for name in SHA256)):
        path.touch()
    fashion = copy.path / "config/experiments/fashion.yaml"
    recipe = fashion.read_text()
    assert "/usr/share/datasets/fashion-mnist" in recipe
    recipe = recipe.replace("/usr/share/datasets/fashion-mnist", "resources/fashion")
    fashion.write_text(recipe)
    return copy


@pytest.fixture
def scratch(tmp_path) -> Checkout:
    """A copy of a test's own, to run in and to edit."""
    return Checkout(tmp_path)


@pytest.fixture
def small(tmp_path) -> Small:
    """A small experiment of a test's own."""
    return Small(tmp_path)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> dict[str, str]:
    """The tables of the small experiment, run in one piece on one core."""
    checkout = Small(tmp_path_factory.mktemp("undisturbed"))
    checkout.run()
    return checkout.tables()


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> Checkout:
    """A finished `make figures` of the smoke preset, all experiments, on two cores."""
    finished = Checkout(tmp_path_factory.mktemp("smoke"))
    finished.variables = {"MIRAGE_CHECK_CODE": "1"}  # a job fails that runs what it did not foresee
    run = finished.make("figures", "PRESET=smoke", "CORES=2")
    assert run.returncode == 0, run.stderr[-4000:]
    finished.said = run
    return finished

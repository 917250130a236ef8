"""One conda env for each kind of step, made and activated for real.

Runs where a stand-in for conda and its channel lies in ../shared/conda-standin beside the
checkout, or in the folder named by MIRAGE_CONDA_STANDIN; it takes a quarter of an hour.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from checkouts import ROOT

SCRIPTS = Path(os.environ.get("MIRAGE_CONDA_STANDIN", ROOT.parent / "shared/conda-standin"))
OWN, RING = (Path(__file__).with_name(name) for name in ("my_own.py", "ring.yaml"))
# Added to what each job imports; at the job's end it tells what was imported, and whence.
WITNESS = """
import atexit, json, os, sys

@atexit.register
def tell():
    whence = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
    with open(f"imported/{os.getpid()}.json", "w") as file:
        json.dump({"prefix": sys.prefix, "script": sys.argv[0], "whence": whence}, file)
"""

CONDA_NAMES = {"matplotlib-base": "matplotlib", "pytorch": "torch"}
"""Packages that pip knows by another name."""

pytestmark = [
    pytest.mark.conda,
    pytest.mark.skipif(
        not (SCRIPTS / "run_check.sh").exists(), reason=f"conda's stand-in needs {SCRIPTS}"
    ),
]


def asked_for():
    """The modules of all that any of the envs asks for, by the name they are imported by."""
    envs = [yaml.safe_load(path.read_text()) for path in (ROOT / "envs").glob("*.yaml")]
    packages = {re.split(r"[ <>=]", name)[0] for env in envs for name in env["dependencies"]}
    return {
        module
        for module, given_by in packages_distributions().items()
        if {name.lower() for name in given_by} & {CONDA_NAMES.get(p, p) for p in packages}
    }


def test_a_run_in_conda_envs_ends_with_the_same_tables(small, undisturbed, tmp_path_factory, tell):
    scratch = tmp_path_factory.mktemp("conda")
    # The channel holds what requirements.lock names, but for what only a GPU needs.
    names = [line for line in (ROOT / "requirements.lock").read_text().splitlines() if line]
    wanted = scratch / "requirements.txt"
    wanted.write_text("\n".join(name for name in names if not name.startswith("triton")))
    launcher = " ".join(name for name in names if name.startswith(("numpy=", "scipy=")))
    shutil.copy(OWN, small.path / "my.py")
    shutil.copy(RING, small.path / "config/experiments")
    small.settings = (*small.settings[:-1], "experiments=[gaussian1d,ring]", "extensions=[my.py]")
    (small.path / "imported").mkdir()
    with open(small.path / "workflow/mirage_workflow/job.py", "a") as job:  # each job imports it
        job.write(WITNESS)
    made = subprocess.run(
        [
            "bash",
            SCRIPTS / "run_check.sh",
            small.path,
            scratch,
            *small.settings,
            "--",
            "all_figures",
        ],
        env=os.environ | {"REQ": str(wanted), "LAUNCHER": launcher, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-4000:]
    assert undisturbed.items() <= small.tables().items()
    assert (small.path / "results/smoke/figures/ring_radius_by_generation.pdf").exists()

    told = [json.loads(path.read_text()) for path in (small.path / "imported").iterdir()]
    steps = [witness for witness in told if ".snakemake/scripts/" in witness["script"]]
    prefixes = {witness["prefix"] for witness in steps}
    assert len(prefixes) == 4  # data, torch, analysis, figures
    assert str(sys.prefix) not in prefixes
    ours = {"mirage", "mirage_workflow"} | asked_for()
    assert ours >= {"numpy", "pandas", "scipy", "torch", "matplotlib", "sklearn", "yaml"}
    for witness in steps:
        own = (witness["prefix"], str(small.path))
        # Snakemake puts the launcher's packages last on a script's path: what no env asks for, but
        # some library takes where it happens to find it, may come from there.
        foreign = {
            name: place
            for name, place in witness["whence"].items()
            if place and place.startswith("/") and not place.startswith(own)
        }
        assert {n: p for n, p in foreign.items() if n.split(".")[0] in ours} == {}
    tell(f"{len(steps)} steps in {len(prefixes)} conda envs imported from their own env alone")

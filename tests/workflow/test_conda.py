"""One conda env for each kind of step, made and activated for real.

Runs where a stand-in for conda and its channel lies in ../shared/conda-standin beside the
checkout, or in the folder named by MIRAGE_CONDA_STANDIN; it takes a quarter of an hour.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
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

# Snakemake puts the launcher's packages last on a script's path: its own modules come from there,
# and one that torch takes where it happens to find it.
FROM_LAUNCHER = {"snakemake", "tabulate"}

pytestmark = [
    pytest.mark.conda,
    pytest.mark.skipif(
        not (SCRIPTS / "run_check.sh").exists(), reason=f"conda's stand-in needs {SCRIPTS}"
    ),
]


def is_launchers(module):
    package = module.split(".")[0]
    return package in FROM_LAUNCHER or package.startswith("snakemake_interface")


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
    for witness in steps:
        own = (witness["prefix"], str(small.path))
        foreign = {
            name: place
            for name, place in witness["whence"].items()
            if place and place.startswith("/") and not place.startswith(own)
        }
        assert {name: p for name, p in foreign.items() if not is_launchers(name)} == {}
    tell(f"{len(steps)} steps in {len(prefixes)} conda envs imported from their own env alone")

"""A script of the workflow, or text in its place, run without Snakemake."""

import json
import os
import sys
from pathlib import Path

from checkouts import ROOT

SCRIPTS = ROOT / "workflow/scripts"
STAND_IN = """
import json, sys
from types import SimpleNamespace
__file__, text, given = sys.argv[1:]
snakemake = json.loads(given, object_hook=lambda part: SimpleNamespace(**part))
exec(compile(text, __file__, "exec"))
"""


def command(script: str, log: Path, told: dict | None = None, text: str = "", **given) -> list[str]:
    """A command that runs a script as a job.

    Args:
        log: where its log goes.
        told: what the rule tells it: `config`, and the rest.
        text: what is run instead of the script of that name.
        given: `input`, `output`, `wildcards`, `resources`, `threads`.
    """
    path = SCRIPTS / f"{script}.py"
    parts = {"input": {}, "output": {}, "wildcards": {}, "resources": {}, "threads": 1, **given}
    parts |= {"log": [str(log)], "params": {"code": "0", "science": json.dumps(told or {})}}
    text = text or path.read_text()
    return [sys.executable, "-c", STAND_IN, str(path), text, json.dumps(parts, default=str)]


def environment(**variables: str) -> dict[str, str]:
    """That of a job: where the library and the pipeline's package are."""
    path = os.pathsep.join([f"{ROOT}/src", f"{ROOT}/workflow"])
    return {**os.environ, "PYTHONPATH": path, **variables}

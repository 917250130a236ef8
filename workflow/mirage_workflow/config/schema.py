"""Writes the JSON schemas of the config files: python -m mirage_workflow.config.schema FOLDER."""

import json
import sys
from pathlib import Path
from typing import Any

from mirage_workflow.config.claims import Claims
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.settings import Preset, Settings


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of config file, by file name."""
    experiment = Experiment.model_json_schema()
    experiment["properties"]["presets"] = {
        "description": "Sparse overrides of the recipe above, by preset.",
        "type": "object",
        "propertyNames": {"enum": list(Preset.__args__)},
        "additionalProperties": {"type": "object"},
    }
    return {
        "claims.schema.json": Claims.model_json_schema(),
        "config.schema.json": Settings.model_json_schema(),
        "experiment.schema.json": experiment,
    }


def main(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, schema in schemas().items():
        (folder / name).write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

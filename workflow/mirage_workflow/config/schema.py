"""Writes the JSON schemas of the config files: python -m mirage_workflow.config.schema FOLDER."""

import json
import sys
from pathlib import Path
from typing import Any, get_args

from mirage_workflow.config.claims import Claims
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.layers import Origins, Preset
from mirage_workflow.config.settings import Settings


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of config file, by file name."""
    experiment = _sparse(Experiment.model_json_schema())
    experiment["properties"] |= Origins.model_json_schema()["properties"]
    experiment["properties"]["presets"] = {
        "description": "Sparse overrides of the recipe above, by preset; in an experiment, `like` "
        "names another preset whose numbers are taken instead from all that it builds on.",
        "type": "object",
        "propertyNames": {"enum": list(get_args(Preset))},
        "additionalProperties": {"type": "object"},
    }
    return {
        "claims.schema.json": Claims.model_json_schema(),
        "config.schema.json": Settings.model_json_schema(),
        "experiment.schema.json": experiment,
    }


def _sparse(schema: Any) -> Any:
    """A schema of files that say only a part: nothing is required, and kinds may be told late."""
    if isinstance(schema, list):
        return [_sparse(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("required", "discriminator")}
    return {"anyOf" if key == "oneOf" else key: _sparse(value) for key, value in kept.items()}


def main(folder: Path) -> None:
    """Write every schema into a folder."""
    for name, schema in schemas().items():
        (folder / name).write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

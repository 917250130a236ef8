"""The JSON schemas in config/ and the table in docs/ are those of the models."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from mirage_workflow.config import reference
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.schema import schemas

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    "name", ["claims.schema.json", "config.schema.json", "experiment.schema.json"]
)
def test_the_written_schema_is_up_to_date(name):
    written = json.loads((CONFIG / name).read_text())
    assert written == schemas()[name], "run `make schema`"


@pytest.mark.parametrize("folder", ["experiments", "presets", "studies"])
def test_an_editor_that_checks_by_the_schema_finds_no_fault(folder):
    for path in (CONFIG / folder).glob("*.yaml"):
        values = json.loads(json.dumps(yaml.safe_load(path.read_text())))
        jsonschema.validate(values, schemas()["experiment.schema.json"])


def test_the_schema_refuses_a_key_that_is_misspelt():
    with pytest.raises(jsonschema.ValidationError, match="updtes"):
        jsonschema.validate({"training": {"updtes": 5}}, schemas()["experiment.schema.json"])


def test_the_table_of_every_key_is_up_to_date():
    written = (CONFIG.parent / "docs/config.md").read_text(encoding="utf-8")
    assert written == reference.text(), "run `make schema`"


def test_every_key_of_an_experiment_is_in_the_table():
    rows = {line.split("`")[1] for line in reference.text().splitlines() if line.startswith("| `")}
    for model in Experiment.model_json_schema()["$defs"].values():
        for key in set(model["properties"]) - {"name"}:
            assert {key, f"time_focus.{key}"} & rows, key


def test_a_number_has_a_unit_or_is_known_to_be_a_pure_one():
    pure = {"imbalance", "learning_rate", "presence", "eta"}
    for model in Experiment.model_json_schema()["$defs"].values():
        for key, field in model["properties"].items():
            if reference.has_numbers(field):
                assert (key in reference.UNIT) != (key in pure), key


def test_every_setting_is_described():
    for schema in schemas().values():
        for section in [schema, *schema.get("$defs", {}).values()]:
            for key, setting in section.get("properties", {}).items():
                is_section = "$ref" in setting
                named = key == "name" or "description" in setting or is_section
                assert named or "anyOf" in setting, key

"""The JSON schemas in config/ are those of the models."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

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


def test_every_setting_is_described():
    for schema in schemas().values():
        for section in [schema, *schema.get("$defs", {}).values()]:
            for key, setting in section.get("properties", {}).items():
                is_section = "$ref" in setting
                named = key == "name" or "description" in setting or is_section
                assert named or "anyOf" in setting, key

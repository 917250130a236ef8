"""The JSON schemas in config/ are those of the models."""

import json
from pathlib import Path

import pytest

from mirage_workflow.config.schema import schemas

CONFIG = Path(__file__).parents[2] / "config"


@pytest.mark.parametrize(
    "name", ["claims.schema.json", "config.schema.json", "experiment.schema.json"]
)
def test_the_written_schema_is_up_to_date(name):
    written = json.loads((CONFIG / name).read_text())
    assert written == schemas()[name], "run `make schema`"


def test_every_setting_is_described():
    for schema in schemas().values():
        for section in [schema, *schema.get("$defs", {}).values()]:
            for key, setting in section.get("properties", {}).items():
                is_section = "$ref" in setting or "discriminator" in setting
                named = key == "name" or "description" in setting or is_section
                assert named or "anyOf" in setting, key

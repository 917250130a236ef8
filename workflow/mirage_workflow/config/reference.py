"""Writes the table of every key: python -m mirage_workflow.config.reference docs/config.md."""

import json
import sys
from pathlib import Path
from typing import Any

from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.layers import Origins
from mirage_workflow.config.settings import Settings

UNITS = {
    "samples": "samples true_samples empirical_samples learned_samples heldout batch_size "
    "block_size shard_size keep",
    "pictures": "pictures calibration audit planted",
    "paths": "paths",
    "updates": "updates checkpoint_every snapshots",
    "epochs": "epochs",
    "generations": "generations",
    "steps": "timesteps steps few_steps tail ddpm_tail windows window",
    "time step": "start below t times",
    "features": "width features",
    "layers": "layers layers_per_block",
    "channels": "channels",
    "threads": "threads",
    "seeds": "seeds replicates",
    "pixels": "image_size patch blur",
    "values": "sample_shape",
    "white minus black": "haze noise",
    "standard deviations": "radius",
    "half spacings": "noise_fractions",
    "as the data": "means std spacing",
    "variance": "beta_start beta_end betas",
    "share": "share heldout_share",
    "per update": "ema_decay",
}
UNIT = {key: unit for unit, keys in UNITS.items() for key in keys.split()}
"""By key, whatever its section; other numbers are pure."""

OPENING = """# Every key of the config

Made by `make schema` from the models in `workflow/mirage_workflow/config`. How the files of
`config/experiments`, `presets` and `studies` are laid over each other: [config/README.md](
../config/README.md). A key without a default must be said by one of them; a number without a unit
is a pure one. Those of `config/claims.yaml` are in `config/claims.schema.json`.
"""


def text() -> str:
    """The whole page."""
    parts = [OPENING, *_of("`config/config.yaml`", Settings.model_json_schema())]
    parts += _of("What an experiment builds on", Origins.model_json_schema())
    parts += _of("Sections of an experiment", Experiment.model_json_schema())
    return "\n".join(parts)


def _of(title: str, schema: dict[str, Any]) -> list[str]:
    """A heading, the keys that are values, and a table for each that is a section."""
    models = schema.get("$defs", {})
    lines, sections, values = [f"## {title}\n"], [], {}
    for key, field in schema["properties"].items():
        kinds = [models[name] for name in _refs(field)]
        sections += [(key, kind, len(kinds) > 1) for kind in kinds]
        if not kinds:
            values[key] = field
    lines += _table(values, schema, models) if values else []
    for key, model, one_of_many in sections:
        name = f", `name: {model['properties']['name']['const']}`" if one_of_many else ""
        lines.append(f"### `{key}`{name}\n\n{_flat(model['description'])}\n")
        lines += _table(model["properties"], model, models)
    return lines


def _table(fields: dict[str, Any], model: dict[str, Any], models: dict[str, Any]) -> list[str]:
    lines = ["| key | type | default | unit | meaning |", "|---|---|---|---|---|"]
    for key, field, owner in _rows(fields, model, models):
        required = key.rpartition(".")[2] in owner.get("required", [])
        default = json.dumps(field.get("default"), ensure_ascii=False)
        default = "" if required else f"`{default}`" if len(default) < 80 else "as in the code"
        unit = UNIT.get(key.rpartition(".")[2], "") if has_numbers(field) else ""
        meaning = _flat(field.get("description", ""))
        cells = [f"`{key}`", _type(field), default, unit, meaning]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return [*lines, ""]


def _rows(fields: dict[str, Any], model: dict, models: dict, prefix: str = ""):
    """Each key with its field and the model that has it; inner sections after their own key."""
    for key, field in fields.items():
        if key == "name" and "const" in field:
            continue
        yield prefix + key, field, model
        for name in _refs(field):
            yield from _rows(models[name]["properties"], models[name], models, f"{prefix}{key}.")


def _refs(field: dict[str, Any]) -> list[str]:
    """The models that a key may hold."""
    own = [field["$ref"].rpartition("/")[2]] if "$ref" in field else []
    options = [option for key in ("anyOf", "oneOf") for option in field.get(key, [])]
    options += [field["items"]] if isinstance(field.get("items"), dict) else []
    return own + [name for option in options for name in _refs(option)]


def has_numbers(field: dict[str, Any]) -> bool:
    """Whether a key's value is a number, or numbers."""
    inner = [*field.get("anyOf", []), *field.get("prefixItems", [])]
    inner += [field["items"]] if isinstance(field.get("items"), dict) else []
    return field.get("type") in ("integer", "number") or any(map(has_numbers, inner))


def _type(field: dict[str, Any]) -> str:
    """A JSON schema's type in words."""
    if "anyOf" in field or "oneOf" in field:
        return " or ".join(map(_type, field.get("anyOf") or field["oneOf"]))
    if "$ref" in field:
        return "section"
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum") or [field["const"]])
    kind = field.get("type", "any")
    if kind == "array" and "prefixItems" in field:
        return f"[{', '.join(map(_type, field['prefixItems']))}]"
    if kind == "array":
        return f"list of {_type(field['items'])}"
    if kind == "object":
        inner = field.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, dict) and inner else "mapping"
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    signs["multipleOf"] = "multiple of"
    limits = [f"{sign} {field[name]:g}" for name, sign in signs.items() if name in field]
    return f"{kind} {', '.join(limits)}".rstrip()


def _flat(description: str) -> str:
    return " ".join(description.split())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")

"""Writes the tables of results/README.md: python -m mirage_workflow.schemas.page FILE."""

import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from mirage.datasets import gaussians, shapes
from mirage.detectors import Score
from mirage.metrics.names import AT, METRICS
from mirage_workflow.schemas.audit import AUDIT
from mirage_workflow.schemas.bottleneck import BETWEEN, EMBEDDING, bottleneck_schema
from mirage_workflow.schemas.causes import CAUSE_PARTS, CAUSES
from mirage_workflow.schemas.claims import CLAIMS, CLAIMS_AUDIT
from mirage_workflow.schemas.classifier import CLASSIFIER
from mirage_workflow.schemas.counter import COUNTER
from mirage_workflow.schemas.followed import FOLLOWED_LABELS
from mirage_workflow.schemas.handed_over import HANDED_OVER
from mirage_workflow.schemas.labels import LABELS
from mirage_workflow.schemas.metrics import METRICS as MEASURED
from mirage_workflow.schemas.mixtures import HISTOGRAM, MODES
from mirage_workflow.schemas.quality import FOLLOWED_QUALITY
from mirage_workflow.schemas.reference import reference_schema
from mirage_workflow.schemas.replicates import REPLICATES
from mirage_workflow.schemas.roc import ROC
from mirage_workflow.schemas.samples import data_schema, kept_schema, samples_schema
from mirage_workflow.schemas.schedule import SCHEDULE
from mirage_workflow.schemas.score import SCORE_FIELD, SCORE_LINES
from mirage_workflow.schemas.scores import ENDPOINT, image_scores, scores_schema, truth_schema
from mirage_workflow.schemas.seeds import SUMMARY, VARIANCE
from mirage_workflow.schemas.slopes import FOLLOWED, SLOPES
from mirage_workflow.schemas.sweeps import MARGINALS, SWEEP
from mirage_workflow.schemas.training import LOSS
from mirage_workflow.schemas.trajectories import trajectories_schema
from mirage_workflow.schemas.transfer import TRANSFER

BEGIN, END = "<!-- made by `make schema` -->\n", "<!-- end -->\n"
POINT, PICTURE, FEATURES = (2,), (1, 32, 32), 64
HAL = [Score("hal", 0, 4)]
MOVING = [*HAL, Score("hal_moving", 0, 4)]
OBJECTS = [*MOVING, Score("hal_objects", 0, 4), Score("hal_objects_union", 0, 4)]
TRUTH = {**gaussians.Mixture.label_columns, **shapes.Shapes.label_columns}
JUDGED = pa.schema([*truth_schema(TRUTH), *ENDPOINT, *image_scores(FEATURES)])
"""All that may be said of a sample."""
TABLES = {
    "data, heldout": (data_schema(POINT), data_schema(PICTURE)),
    "kept": (kept_schema(POINT), kept_schema(PICTURE)),
    "samples": (samples_schema(POINT, MOVING), samples_schema(PICTURE, OBJECTS)),
    "scores": (scores_schema(HAL, HAL, JUDGED),),
    "metrics": (MEASURED,),
    "summary": (SUMMARY,),
    "roc": (ROC,),
    "labels": (LABELS,),
    "followed": (FOLLOWED_LABELS,),
    "trajectories": (trajectories_schema(POINT), trajectories_schema(PICTURE)),
    "histogram": (HISTOGRAM,),
    "modes": (MODES,),
    "loss": (LOSS,),
    "classifier": (CLASSIFIER,),
    "reference": (reference_schema(FEATURES),),
    "bottleneck": (bottleneck_schema(FEATURES),),
    "embedding": (EMBEDDING,),
    "between": (BETWEEN,),
    "followed_quality": (FOLLOWED_QUALITY,),
    "handed_over": (HANDED_OVER,),
    "counter": (COUNTER,),
    "audit": (AUDIT,),
    "causes/{model}": (CAUSES,),
    "causes": (CAUSE_PARTS,),
    "score/lines": (SCORE_LINES,),
    "score/field": (SCORE_FIELD,),
    "score/slopes": (SLOPES,),
    "score/followed": (FOLLOWED,),
    "sweeps": (SWEEP,),
    "sweep_histograms": (MARGINALS,),
    "schedule": (SCHEDULE,),
    "transfer": (TRANSFER,),
    "replicates": (REPLICATES,),
    "variance": (VARIANCE,),
    "claims": (CLAIMS,),
    "claims_audit": (CLAIMS_AUDIT,),
}
"""Every table by its file's name, with schemas that together have all of its columns."""


class UntoldError(ValueError):
    """A column or a metric without a meaning, or a meaning without its column."""


def text(told: Mapping[str, Any]) -> str:
    """The columns of each table, and all metrics.

    Args:
        told: what `meanings.yaml` says.

    Raises:
        UntoldError: if it and the schemas do not tell of the same columns and metrics.
    """
    _require("tables", TABLES, told["tables"])
    _require("metrics", METRICS, told["metrics"])
    lines = []
    for name, about in told["tables"].items():
        title = ", ".join(f"`{file}`" for file in name.split(", "))
        lines += [f"### {title}", "", _flat(about["about"]), "", *_columns(name, told), ""]
    lines += ["## Metrics", "", "| metric | taken at | meaning |", "|---|---|---|"]
    for name, meaning in told["metrics"].items():
        at = _names((*METRICS[name].by, *METRICS[name].told))
        lines.append(f"| `{name}` | {at} | {_flat(meaning)} |")
    return "\n".join(lines)


def _columns(name: str, told: Mapping[str, Any]) -> list[str]:
    types = {field.name: _type(field.type) for table in TABLES[name] for field in table}
    at = list(AT) if name != "metrics" and types.keys() >= AT.keys() else []
    own = _of_table(name, told)
    meanings = _meanings(told["columns"]) | own
    needed = types.keys() - at
    _require(f"columns of {name}", needed, needed & meanings.keys() | own.keys())
    rows: dict[tuple[str, str], list[str]] = {}  # columns that mean the same share a row
    for column, kind in types.items():
        same = ("", "what it is taken at, as in `metrics`") if column in at else None
        rows.setdefault(same or (kind, meanings[column]), []).append(column)
    lines = [f"| {_names(names)} | {kind} | {text} |" for (kind, text), names in rows.items()]
    return ["| column | type | meaning |", "|---|---|---|", *lines]


def _of_table(name: str, told: Mapping[str, Any]) -> dict[str, str]:
    """What a table says of its own columns, by itself or as another one does."""
    about = told["tables"][name]
    own = _meanings(about.get("columns", {}))
    if "like" in about:
        there = {field.name for table in TABLES[name] for field in table}
        there -= AT.keys() if there >= AT.keys() else set()
        title = about["like"].split(", ")[0]
        alike = _meanings(told["tables"][about["like"]]["columns"]).keys() & there
        own = {column: f"as in `{title}`" for column in alike} | own
    return own


def _meanings(columns: Mapping[str, str]) -> dict[str, str]:
    """One column and its meaning each, also where a line tells of several."""
    return {name: _flat(text) for names, text in columns.items() for name in names.split(", ")}


def _require(what: str, there: Collection[str], told: Collection[str]) -> None:
    if unlike := set(there) ^ set(told):
        raise UntoldError(f"meanings.yaml: {what}: untold, or not there: {sorted(unlike)}")


def _type(kind: pa.DataType) -> str:
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"list of {_type(kind.value_type)}"
    return {"string": "text", "double": "float64", "float": "float32"}.get(str(kind), str(kind))


def _names(columns: Collection[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _flat(words: str) -> str:
    return " ".join(words.split()).replace("|", "\\|")


def read() -> dict[str, Any]:
    """What `meanings.yaml` says."""
    return yaml.safe_load(Path(__file__).with_name("meanings.yaml").read_text(encoding="utf-8"))


def placed(page: str) -> str:
    """A page with the tables between its two marks."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n{text(read())}\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(placed(path.read_text(encoding="utf-8")), encoding="utf-8")

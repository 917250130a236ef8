"""Outputs that appear whole or not at all, and what to do about damaged ones."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

MAKERS = {
    "seed*/data.parquet": "make_dataset",
    "seed*/heldout.parquet": "make_dataset",
    "seed*/classifier.*": "train_classifier",
    "seed*/reference.parquet": "describe_reference",
    "counter.parquet": "calibrate_counter",
    "audit.parquet": "audit_counter",
    "modes.parquet": "describe_modes",
    "model.safetensors": "train_model",
    "loss.parquet": "train_model",
    "samples/shard*.parquet": "draw_samples",
    "trajectories.parquet": "record_trajectories",
    "bottleneck.parquet": "record_bottleneck",
    "embedding.parquet": "embed_bottleneck",
    "scores/shard*.parquet": "score_samples",
    "kept.parquet": "filter_samples",
    "histogram.parquet": "count_histogram",
    "gen*/metrics.parquet": "measure_generation",
    "gen*/roc.parquet": "measure_generation",
    "metrics.parquet": "collect_metrics",
    "summary.parquet": "collect_metrics",
    "causes/*.parquet": "decompose_causes",
    "causes.parquet": "split_causes",
    "score/lines.parquet": "compare_scores",
    "score/slopes.parquet": "compare_scores",
    "score/field.parquet": "map_score",
    "score/followed.parquet": "follow_training",
    "sweeps/*.parquet": "measure_variant",
    "bridges.parquet": "locate_bridges",
    "transfer.parquet": "transfer_thresholds",
    "replicates/*.parquet": "replicate_rates",
    "variance.parquet": "split_variance",
    "claims.parquet": "decide_claims",
}
"""Which rule makes a file, by the end of its path; the first that fits."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary name beside `path`, and move it there once it is written.

    File and name are synced to disk, so that not even a power cut leaves half a file.
    If writing fails, the temporary file goes and whatever stood at `path` stays.
    """
    path = Path(path)
    # Machines of a cluster may have the same process numbers.
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def remedy(path: Path) -> str:
    """What to do about a damaged file."""
    rule = next((rule for end, rule in MAKERS.items() if Path(path).match(end)), None)
    maker = f"rule {rule} makes it anew" if rule else "the rule that made it makes it anew"
    return f"delete it and run again; {maker}"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

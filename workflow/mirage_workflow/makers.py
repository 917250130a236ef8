"""Which rule makes a file, and what to do about one that is damaged or not there."""

from pathlib import Path

MAKERS = {
    "seed*/data.parquet": "make_dataset",
    "seed*/heldout.parquet": "make_dataset",
    "seed*/classifier.*": "train_classifier",
    "seed*/reference.parquet": "describe_reference",
    "seed*/schedule.parquet": "learn_schedule",
    "counter.parquet": "calibrate_counter",
    "audit.parquet": "audit_counter",
    "modes.parquet": "describe_modes",
    "refitted/gen*/model.safetensors": "refit_mixture",
    "model.safetensors": "train_model",
    "loss.parquet": "train_model",
    "samples/shard*.parquet": "draw_samples",
    "trajectories.parquet": "record_trajectories",
    "bottleneck.parquet": "record_bottleneck",
    "embedding.parquet": "embed_bottleneck",
    "between.parquet": "embed_bottleneck",
    "scores/shard*.parquet": "score_samples",
    "kept.parquet": "filter_samples",
    "histogram.parquet": "count_histogram",
    "gen0/labels.parquet": "read_labels",
    "gen0/followed_quality.parquet": "follow_quality",
    "gen0/followed.parquet": "follow_labels",
    "handed_over.parquet": "hand_over",
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
    "sweep_histograms/*.parquet": "measure_variant",
    "transfer.parquet": "transfer_thresholds",
    "replicates/*.parquet": "replicate_rates",
    "variance.parquet": "split_variance",
    "claims.parquet": "decide_claims",
    "claims_audit.parquet": "audit_claims",
}
"""Which rule makes a file, by the end of its path; the first that fits."""


def maker(path: Path) -> str | None:
    """The rule that makes a file; None for one that no rule makes."""
    return next((rule for end, rule in MAKERS.items() if Path(path).match(end)), None)


def absent(path: Path) -> str:
    """What to do about a file that is not there."""
    return f"rule {maker(path)} makes it" if maker(path) else "run what makes it"


def remedy(path: Path) -> str:
    """What to do about a damaged file."""
    anew = f"rule {maker(path)}" if maker(path) else "the rule that made it"
    return f"delete it and run again; {anew} makes it anew"

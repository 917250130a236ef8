"""Make the page that explores generation 0: samples, ROC and histogram under one threshold."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mirage import files, labels_by_eye
from mirage.pages import explorer
from mirage.pages.explorer import Score
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--samples", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--trajectories", type=Path, required=True)
    parser.add_argument("--labels", type=Path, help="table LABELS, where people gave some")
    parser.add_argument("--page", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)
    shape, detection = config.dataset.shape, config.detection
    scores = [Score(name, window) for name in detection.detectors for window in detection.windows]
    label = ["label"] if config.dataset.has_labels else []
    judged = ["sample", *label, *(score.column for score in scores)]
    parts = tables.Parts(*args.scores, columns=judged)
    if args.labels:
        parts = labels_by_eye.attach(parts, tables.read(args.labels))
    trajectories = tables.read(args.trajectories)
    place = [field.name for field in tables.points(shape)]
    samples = tables.Parts(*args.samples, columns=["sample", *place])
    wanted = trajectories["sample"].unique()
    shown = _rows(samples, wanted, explorer.most(shape)).merge(
        _rows(parts, wanted, explorer.most(shape)), on="sample"
    )
    title = f"{args.experiment}, seed {args.seed}, generation 0"
    first = Score(detection.detectors[0], config.scoring.window)
    text = explorer.page(parts, scores, shown, shape, trajectories, title, first)
    with files.replacing(args.page) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _rows(parts: Iterable[pd.DataFrame], wanted, most: int) -> pd.DataFrame:
    """The first samples, and those wanted whatever their number."""
    return pd.concat(
        [part[(part["sample"] < most) | part["sample"].isin(wanted)] for part in parts],
        ignore_index=True,
    )


if __name__ == "__main__":
    job.run(main)

"""Plot 2D samples by label over the true modes."""

from pathlib import Path

from mirage import frames
from mirage.figures import samples, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, join on the sample, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--samples", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help="for the labels")
    parser.add_argument("--modes", type=Path, required=True, help="table MODES")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)

    points = tables.read(
        *args.samples, columns=["sample", *frames.coordinates(config.dataset.shape)]
    )
    labels = tables.read(*args.scores, columns=["sample", "label"])
    labelled = points.merge(labels, on="sample", validate="one_to_one")
    if len(labelled) < len(points):
        missing = f"{len(points) - len(labelled)} of {len(points)} samples have no label"
        raise ValueError(f"{args.scores[0].parent}: {missing}")
    figure = samples.draw(labelled, tables.read(args.modes), config.scoring.radius)
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

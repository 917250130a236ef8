"""Plot real pictures, and those that a detector finds least and most suspicious."""

from pathlib import Path

from mirage.detectors import Score
from mirage.figures import gallery, style
from mirage_workflow import job, tables

REAL, COUNT = 10, 20
"""Real pictures shown, and generated ones at either end."""


def main() -> None:
    """Read, choose by score, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="real pictures")
    parser.add_argument("--samples", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--detector", required=True)
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)
    shape = config.dataset.shape

    score = Score(args.detector, *config.scoring.window)
    values = tables.read(*args.samples, columns=[score.column])[score.column]
    pictures = tables.read_points(*args.samples, shape=shape)
    lowest, highest = values.nsmallest(COUNT), values.nlargest(COUNT)
    figure = gallery.draw(
        tables.read_points(args.data, shape=shape)[:REAL],
        pictures[lowest.index],
        pictures[highest.index],
        lowest.to_numpy(),
        highest.to_numpy(),
        len(values),
        f"{style.word(args.detector)} over the {style.window_words(score.first, score.last)}",
    )
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

"""Plot true pictures of shapes beside generated ones, hallucinations framed and typed."""

from pathlib import Path

from mirage.figures import shapes, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what the model was trained on")
    parser.add_argument("--samples", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    shape = job.sections(args.config).dataset.shape

    figure = shapes.draw(
        tables.read_points(args.data, shape=shape),
        tables.read_points(*args.samples, shape=shape),
        tables.read(*args.scores, columns=["label"]),
    )
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

"""Plot how well a detector tells hallucinations, by window."""

from pathlib import Path

from mirage.figures import roc, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--roc", type=Path, nargs="+", required=True, help="table ROC, or several")
    parser.add_argument("--metrics", type=Path, nargs="+", required=True, help="of the same seeds")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    figure = roc.draw(tables.read(*args.roc), tables.read(*args.metrics))
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

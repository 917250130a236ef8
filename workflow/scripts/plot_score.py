"""Plot the learned and the true score along lines."""

from pathlib import Path

from mirage.figures import score, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--lines", type=Path, required=True, help="table SCORE_LINES")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(score.draw(tables.read(args.lines)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

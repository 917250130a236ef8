"""Plot pairs' hallucination rates against their slope ratios."""

from pathlib import Path

from mirage.figures import slopes, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--slopes", type=Path, nargs="+", required=True, help="of every seed")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(slopes.draw(tables.read(*args.slopes)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

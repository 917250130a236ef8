"""Plot in which direction far samples are."""

from pathlib import Path

from mirage.figures import bridges, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--metrics", type=Path, required=True)
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(bridges.draw(tables.read(args.metrics)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

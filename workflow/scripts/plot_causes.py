"""Plot the parts of the excess over the floor."""

from pathlib import Path

from mirage.figures import causes, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--causes", type=Path, required=True, help="table CAUSE_PARTS")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(causes.draw(tables.read(args.causes)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

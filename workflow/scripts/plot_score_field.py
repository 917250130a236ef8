"""Plot the learned and the true score as a field."""

from pathlib import Path

from mirage.figures import score_field, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--field", type=Path, required=True, help="table SCORE_FIELD")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(score_field.draw(tables.read(args.field)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

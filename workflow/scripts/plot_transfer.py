"""Plot how thresholds do on other seeds and generations."""

from pathlib import Path

from mirage.figures import style, transfer
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--transfer", type=Path, required=True, help="table TRANSFER")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(transfer.draw(tables.read(args.transfer)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

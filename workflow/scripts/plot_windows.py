"""Plot predicted against best windows."""

from pathlib import Path

from mirage.figures import style, windows
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument(
        "--metrics", type=Path, nargs="+", required=True, help="of every small model"
    )
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    style.save(windows.draw(tables.read(*args.metrics)), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

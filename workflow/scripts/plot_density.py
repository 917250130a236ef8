"""Plot the histogram of 1D samples over the true density."""

from pathlib import Path

from mirage.figures import density, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--histogram", type=Path, required=True, help="table HISTOGRAM")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    figure = density.draw(tables.read(args.histogram))
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

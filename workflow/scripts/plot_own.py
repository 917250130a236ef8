"""Plot a figure that a user's own file registers."""

from pathlib import Path

from mirage.figures import own, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, plot, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--figure", required=True, help="its name")
    parser.add_argument(
        "--table",
        nargs="+",
        action="append",
        default=[],
        metavar=("NAME", "FILE"),
        help="a table that it asks for; once for each",
    )
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    given = {name: tables.read(*files) for name, *files in args.table}
    style.save(own.plot(args.figure, given), args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

"""Plot the hallucination rate by generation and filter."""

from pathlib import Path

from mirage.figures import rate_by_generation, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument(
        "--metrics", type=Path, nargs="+", required=True, help="of every seed and generation"
    )
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()

    figure = rate_by_generation.draw(tables.read(*args.metrics))
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

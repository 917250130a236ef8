"""Plot how the U-Net's bottleneck arranges pictures."""

from pathlib import Path

from mirage.figures import embedding, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--embedding", type=Path, required=True, help="table EMBEDDING")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)

    figure = embedding.draw(tables.read(args.embedding), config.embedding.t)
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

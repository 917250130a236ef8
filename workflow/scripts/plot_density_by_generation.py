"""Plot where the samples of every generation and filter lie."""

from pathlib import Path

from mirage.figures import density_by_generation, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument(
        "--points",
        nargs="+",
        action="append",
        required=True,
        metavar=("FILTER GENERATION SHARD", "SHARD"),
        help="samples of one generation; once for each, `shared 0` for the first",
    )
    parser.add_argument("--modes", type=Path, required=True, help="table MODES, for the frame")
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)

    points = {
        (name, int(generation)): tables.read_points(*shards, shape=config.dataset.shape)
        for name, generation, *shards in args.points
    }
    figure = density_by_generation.draw(points, tables.read(args.modes), config.scoring.radius)
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

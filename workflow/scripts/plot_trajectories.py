"""Plot the predicted clean sample over the last reverse steps."""

from pathlib import Path

from mirage.figures import style, trajectories
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--trajectories", type=Path, required=True)
    parser.add_argument("--modes", type=Path, help="table MODES; needed for points")
    parser.add_argument(
        "--last",
        type=int,
        help="show times t < LAST (default: 100 on a line, 50 in the plane, all for pictures)",
    )
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)
    shape = config.dataset.shape
    if args.modes is None and len(shape) == 1:
        parser.error("--modes is needed to draw paths of points")

    modes = tables.read(args.modes) if args.modes else None
    figure = trajectories.draw(
        tables.read(args.trajectories), shape, modes, args.last, config.scoring.radius
    )
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

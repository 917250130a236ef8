"""Make the page on which pictures of generation 0 are labelled by eye."""

from pathlib import Path

from mirage import files
from mirage.pages import label
from mirage.streams import stream
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--samples", type=Path, nargs="+", required=True, help="shards, in order")
    parser.add_argument("--page", type=Path, required=True)
    args = parser.parse_args()
    shape = job.sections(args.config).dataset.shape
    pictures = tables.read_points(*args.samples, shape=shape)
    order = label.choose(len(pictures), stream(args.seed, "label"))
    title = f"{args.experiment}: {len(order):,} of {len(pictures):,} samples"
    with files.replacing(args.page) as temporary:
        temporary.write_text(label.page(pictures, order, title), encoding="utf-8")


if __name__ == "__main__":
    job.run(main)

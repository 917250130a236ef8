"""Plot how a detector's score is spread over valid and hallucinated samples."""

from pathlib import Path

from mirage.detectors import Score
from mirage.figures import hal_histogram, style
from mirage_workflow import job, tables


def main() -> None:
    """Read, draw, save."""
    parser = job.parser(__doc__)
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument(
        "--roc", type=Path, help="table ROC, for the threshold of 95 %% sensitivity"
    )
    parser.add_argument("--detector", required=True)
    parser.add_argument("--png", type=Path, required=True)
    parser.add_argument("--pdf", type=Path, required=True)
    args = parser.parse_args()
    config = job.sections(args.config)

    score = Score(args.detector, *config.scoring.window)
    thresholds = hal_histogram.thresholds_of(
        tables.read(args.roc) if args.roc else None,
        score,
        config.recursion.thresholds.get(args.detector),
    )
    name = f"{style.word(args.detector)} over the {style.window_words(score.first, score.last)}"
    columns = [score.column, "label"] if config.dataset.has_labels else [score.column]
    scores = tables.Parts(*args.scores, columns=columns)
    figure = hal_histogram.draw(scores, score.column, name, thresholds)
    style.save(figure, args.png, args.pdf)


if __name__ == "__main__":
    job.run(main)

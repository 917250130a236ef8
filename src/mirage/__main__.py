"""The command line: `mirage score FOLDER`, `mirage explain FILE`, or `python -m mirage ...`."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        The exit status: 0, 1 after one line that says what is wrong, 130 when stopped by Ctrl-C,
        or 141 when nobody reads on.

    Raises:
        SystemExit: with status 2 after the usage, for arguments that cannot be read.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("mirage: stopped; the same command goes on from here", file=sys.stderr)
        return 130
    except ImportError as error:
        print(f"mirage: {error}; {options.needs}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `mirage explain FILE | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return 141
    except (OSError, ValueError) as error:  # what a user or a disk can bring about
        print(f"mirage: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    return 0


def _score(options: argparse.Namespace) -> None:
    from diffusers.utils import logging

    from mirage.hooks.scoring import score

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    scores = score(
        options.pipeline,
        options.out,
        samples=options.samples,
        batch=options.batch,
        seed=options.seed,
        steps=options.steps,
        windows=[tuple(window) for window in options.window or [(0, 9)]],
        detectors=options.detector or ["hal"],
        device=options.device,
        online=options.online,
    )
    table, images, page = (options.out / n for n in ("scores.parquet", "images", "gallery.html"))
    print(f"{len(scores):,} pictures: {table}, {images}/, {page}")


def _explain(options: argparse.Namespace) -> None:
    sys.path.append("workflow")
    pipeline = importlib.import_module("mirage_workflow.explain")
    print("\n".join(pipeline.explain(options.file, options.name)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mirage", description="Watch diffusion models.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    score = commands.add_parser(
        "score",
        help="draw from a saved diffusers pipeline and score what comes",
        description="Draw from a saved diffusers pipeline and score each picture. Writes "
        "scores.parquet, images/ and gallery.html. Killed and started again it goes on.",
    )
    add = score.add_argument
    add("pipeline", metavar="PIPELINE_FOLDER", help="where save_pretrained wrote it")
    add("--samples", type=_positive, default=1000, metavar="N", help="pictures to draw (1000)")
    add("--batch", type=_positive, default=50, metavar="N", help="pictures drawn together (50)")
    add("--seed", type=int, default=0, help="of all noise (0)")
    add("--out", type=Path, default=Path("scores"), metavar="FOLDER", help="written to (scores)")
    add("--steps", type=_positive, metavar="N", help="of a walk (as the pipeline has it)")
    window = "in steps before the last, both counted; may be given again (0 9)"
    add("--window", type=int, nargs=2, action="append", metavar=("T1", "T2"), help=window)
    add("--detector", action="append", metavar="NAME", help="may be given again (hal)")
    add("--device", help="such as cpu (a GPU where there is one)")
    add("--online", action="store_true", help="PIPELINE_FOLDER may be a name on the hub")
    score.set_defaults(run=_score, needs="this needs the extra `diffusers`")
    explain = commands.add_parser(
        "explain",
        help="where a figure or a table of the pipeline comes from",
        description="The way from a figure or a table to the functions that made it, each with "
        "file and line.",
    )
    explain.add_argument("file", metavar="FILE", type=Path, help="a PNG, a PDF or a Parquet file")
    explain.add_argument("name", nargs="?", default="", help="only functions that name this column")
    explain.set_defaults(run=_explain, needs="this is run in a checkout, by its own Python")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

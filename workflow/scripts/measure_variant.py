"""Train one small model of a sweep, and measure it for each value that shares its training."""

import json

import pandas as pd

from mirage.metrics import mixture, windows
from mirage.metrics.rows import frame
from mirage_workflow import build, job, tables
from mirage_workflow.config.sweeps import number
from mirage_workflow.variants import Seeds, draw_as_told, train


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument(
        "--draws",
        type=json.loads,
        required=True,
        help="[factor, level, sampling section] of each value, as JSON",
    )
    parser.add_argument("--metrics", required=True)
    args = parser.parse_args()
    trained = job.sections(args.config)
    device = job.device(args.gpus)
    network = train(trained, Seeds.same(args.seed), device)
    truth = build.mixture(trained.dataset)
    place = {"experiment": args.experiment, "seed": args.seed, "filter": "shared", "generation": 0}
    parts, drawn_by = [], {}
    for factor, level, sampling in args.draws:
        experiment = job.sections(args.config | {"sampling": sampling})
        predicted = experiment.predicted_window
        compared = windows.candidates(predicted, experiment.reverse_steps)
        key = json.dumps(sampling, sort_keys=True)
        if key not in drawn_by:  # the base stands at one level of many factors
            drawn_by[key] = draw_as_told(network, experiment, args.seed, compared, device)
        drawn = drawn_by[key]
        measured = mixture.measure(mixture.tally([drawn], truth), experiment.scoring.radius)
        measured += windows.measure(drawn, compared, predicted)
        varied = {"factor": factor, "level": level, "level_number": number(level)}
        parts.append(frame(measured).assign(**place, **varied))
    table = pd.concat(parts)[tables.SWEEP.names]
    tables.write(args.metrics, table, tables.SWEEP, job.provenance(args, device))


if __name__ == "__main__":
    job.run(main)

"""Split the variance of a rate into that of data, training and sampling seeds."""

import pandas as pd

from mirage.metrics.statistics import variance_parts
from mirage_workflow import job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--rates", nargs="+", required=True, help="of every pair of seeds")
    parser.add_argument("--variance", required=True)
    args = parser.parse_args()
    rates = tables.read(*args.rates)
    parts = pd.Series(variance_parts(rates), name="variance").rename_axis("part").reset_index()
    table = parts.assign(
        experiment=args.experiment,
        metric=rates["metric"].iloc[0],
        threshold=rates["threshold"].iloc[0],
        share=parts["variance"] / parts["variance"].sum(),
        mean=rates["value"].mean(),
        seeds=rates["data_seed"].nunique(),
    )
    schema = tables.VARIANCE
    tables.write(args.variance, table[schema.names], schema, job.provenance(args))


if __name__ == "__main__":
    job.run(main)

"""Write where the true modes of a mixture are."""

import numpy as np
import pandas as pd

from mirage_workflow import build, job, tables


def main() -> None:
    parser = job.parser(__doc__)
    parser.add_argument("--modes", required=True)
    args = parser.parse_args()
    mixture = build.mixture(job.sections(args.config).dataset)
    mode, coordinate = np.indices(mixture.means.shape)
    modes = pd.DataFrame(
        {
            "mode": mode.ravel(),
            "coordinate": coordinate.ravel(),
            "mean": mixture.means.ravel(),
            "std": mixture.std,
        }
    )
    tables.write(args.modes, modes, tables.MODES, job.provenance(args))


if __name__ == "__main__":
    job.run(main)

"""Write where the true modes of a mixture are."""

from mirage_workflow.job import begin

job = begin(snakemake)

import numpy as np
import pandas as pd

from mirage_workflow import tables
from mirage_workflow.schemas.mixtures import MODES
from mirage_workflow.sections import sections

mixture = sections(job.config).dataset.mixture
mode, coordinate = np.indices(mixture.means.shape)
modes = pd.DataFrame(
    {
        "mode": mode.ravel(),
        "coordinate": coordinate.ravel(),
        "mean": mixture.means.ravel(),
        "std": mixture.std,
    }
)
tables.write(job.output.modes, modes, MODES, job.provenance())

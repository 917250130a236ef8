"""What the tables of a run say of a claim: rows by seed, and the library's rules on them."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from mirage.metrics.verdicts import Evidence
from mirage_workflow.config.statistics.base import Statistic
from mirage_workflow.findings import bridges, causes, detection, metrics
from mirage_workflow.findings.cells import NotMeasuredError
from mirage_workflow.findings.found import Found

FINDERS: Mapping[type[Statistic], Callable[..., Found]] = {
    **bridges.FINDERS,
    **metrics.FINDERS,
    **causes.FINDERS,
    **detection.FINDERS,
}


def find(statistic: Statistic, table: pd.DataFrame | None) -> Found:
    """What a table says of a claim; nothing, with the reason, where it lacks what it takes.

    Args:
        statistic: that decides it.
        table: of the statistic's kind; None if the run has none.
    """
    try:
        if table is None or table.empty:
            raise NotMeasuredError("not part of this run")
        return FINDERS[type(statistic)](statistic, table)
    except NotMeasuredError as error:
        nothing = Evidence(np.nan, np.nan)
        return Found(np.nan, np.nan, np.nan, "", np.nan, 0, nothing, reason=str(error))

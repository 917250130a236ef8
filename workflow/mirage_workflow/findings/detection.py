"""Detection: how well a detector tells hallucinations on samples of its own seed."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from mirage.metrics import existence, magnitude, rows
from mirage.metrics.verdicts import all_of
from mirage_workflow.config.statistics import detection as ask
from mirage_workflow.findings.cells import NotMeasuredError, one_a_seed
from mirage_workflow.findings.found import Found, by_seed


def _on_its_own_seed(statistic: ask.Transferred, transfer: pd.DataFrame) -> pd.DataFrame:
    """Windows and thresholds on the half of generation 0 that they were not found on, by seed."""
    own = (transfer["from_seed"] == transfer["seed"]) & (transfer["generation"] == 0)
    return one_a_seed(transfer[own & (transfer["choice"] == statistic.choice)])


def _told_apart(statistic: ask.ToldApart, transfer: pd.DataFrame) -> Found:
    own = _on_its_own_seed(statistic, transfer)
    pairs = own["hallucinated"] * own["valid"]
    areas = pd.Series(magnitude.logit(own["auroc"] * pairs, pairs), own.index)
    return by_seed(statistic, areas, logit, expit)


def _discard(statistic: ask.Discard, transfer: pd.DataFrame) -> Found:
    own = _on_its_own_seed(statistic, transfer)
    of = own["hallucinated"] if statistic.share == "recall" else own["discarded"]
    shares = magnitude.logit((own[statistic.share] * of).round(), of)
    return by_seed(statistic, pd.Series(shares, own.index), logit, expit)


def _kept(statistic: ask.Kept, transfer: pd.DataFrame) -> Found:
    own = _on_its_own_seed(statistic, transfer)
    if own["threshold"].isna().all():
        raise NotMeasuredError("no seed has 19 hallucinations to find a threshold by")
    own = own.dropna(subset=["specificity", "sensitivity"])
    kept = magnitude.logit(np.rint(own["specificity"] * own["valid"]), own["valid"])
    hits, of = np.rint(own["sensitivity"] * own["hallucinated"]), own["hallucinated"]
    found = by_seed(statistic, pd.Series(kept, own.index), logit, expit)
    share = rows.rate("", int(hits.sum()), int(of.sum()))
    few = share.low <= existence.FINDS
    return replace(
        found,
        evidence=all_of(found.evidence, existence.finds(hits, of)),
        sensitivity=(share.value, share.low, share.high),
        unclear=f"of {share.n} hallucinations {share.low:.1%} to {share.high:.1%} found"
        if few
        else "",
    )


FINDERS = {
    ask.Kept: _kept,
    ask.ToldApart: _told_apart,
    ask.Discard: _discard,
}

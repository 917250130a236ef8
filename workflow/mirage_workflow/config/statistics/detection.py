"""Claims about detection: how well a detector tells hallucinations on samples of its own seed."""

from typing import Literal

from mirage_workflow.config.statistics.base import Bounded


class Transferred(Bounded):
    """A share or an area on samples that neither window nor threshold was found on."""

    kind = "transfer"
    choice: Literal["scoring", "official", "best"] = "scoring"
    """The window: the experiment's own, that of the official code, or the best by AUROC, chosen
    on samples that neither its threshold is found on nor itself is judged by."""

    @property
    def at(self) -> dict[str, str | float]:
        return {"choice": self.choice}


class Kept(Transferred):
    """Share of valid samples kept by the threshold that finds 95 % of the hallucinations.

    The threshold is found on one half of generation 0, the share on the other, where the
    share of the hallucinations that it finds is told beside: it must be clearly above 90 %.
    """

    rule = "kept"
    name: Literal["kept_at_95_found"]


class ToldApart(Transferred):
    """Area under the ROC curve on one half of generation 0."""

    rule = "told_apart"
    name: Literal["auroc"]


class Discard(Transferred):
    """What dropping the official code's share of samples, those highest in Hal, is worth.

    On one half of generation 0: the share of the hallucinations that goes (`recall`), or the
    share of what goes that are hallucinations (`precision`).
    """

    rule = "discard"
    name: Literal["discard"]
    share: Literal["recall", "precision"]
    """Of the two."""

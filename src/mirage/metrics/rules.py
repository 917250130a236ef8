"""The rules that decide claims, each with the models that it has been tried on.

Plain names, for whoever states a claim: `claims_audit` makes the trials and a test holds that
they are these. A claim names the control that must not pass, and the planted effect that must.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """controls: look like the effect and are none; effects: must be found."""

    controls: tuple[str, ...]
    effects: tuple[str, ...]


PERFECT = "perfect sampler"
BLURS = ("truth blurred x 1.5", "truth blurred x 2")
STRETCHED = "modes stretched x 2 to their neighbours"
ONE_STRETCHED = "one mode stretched x 3 to a neighbour"
TAILS, NOISE = "heavy tails", "noise everywhere"
TURNED = "own distances, random directions"
ONE_WRONG = "one wrong seed"
"""Of five, and no effect in the others, which are exactly at the bound."""
NO_HIT = "at the margin, one seed without a hit"
BRIDGES = ("0.8 % on bridges", "0.8 % on bridges, modes blurred x 1.5")

RULES = {
    "exist": Rule((PERFECT, *BLURS, STRETCHED, ONE_STRETCHED, TAILS, NOISE, TURNED), BRIDGES),
    "more_than_floor": Rule(
        (PERFECT, *BLURS, STRETCHED, ONE_STRETCHED, ONE_WRONG), (*BRIDGES, "0.5 %")
    ),
    "more_than_chance": Rule((PERFECT, *BLURS, TAILS, NOISE, TURNED, ONE_WRONG), BRIDGES),
    "fewer_than_chance": Rule(
        (
            TURNED,
            "bridges, and noise everywhere",
            "bridges, and a few between second neighbours",
            ONE_WRONG,
        ),
        ("thick bridges",),
    ),
    "trend": Rule(
        (
            "as many at every level",
            "truth blurred x 2 at every level",
            "fewer with the level, in random directions",
        ),
        ("half as many at twice the level",),
    ),
    "no_more_than_floor": Rule(
        ("at the margin", "ten times the floor", ONE_WRONG, NO_HIT), (PERFECT,)
    ),
    "same_as_floor": Rule(
        ("at the margin", "below it by as much", "no hit", ONE_WRONG, NO_HIT), (PERFECT,)
    ),
    "more_than_other": Rule(
        ("same rate, few samples", "same rate, many samples", ONE_WRONG), ("ten times",)
    ),
    "ratio": Rule(("two names for one filter",), ("a third fewer",)),
    "thinner": Rule(
        (
            "as many a length on every segment",
            "as many a length on every segment, modes blurred x 2",
            BLURS[1],
            TAILS,
        ),
        ("a third as many a length in the gap",),
    ),
    "typical": Rule(
        ("at the bound", "at the bound, wide", "at the bound, heavy tails"), ("twice",)
    ),
    "kept": Rule(
        (
            "scores shuffled among samples",
            "keeps as many as the bound",
            "at the bound, 2 hallucinations",
            "at the bound, 18 hallucinations",
            "at the bound, 19 hallucinations",
            "best of five windows, all at the bound",
        ),
        ("keeps 99 %",),
    ),
    "told_apart": Rule(
        ("scores shuffled among samples", "scores shuffled, 19 hallucinations"), ("AUROC of 0.8",)
    ),
    "discard": Rule(
        (
            "scores shuffled among samples",
            "finds as many as the bound",
            "finds all it can, more are hallucinated",
        ),
        ("finds 99 %",),
    ),
}

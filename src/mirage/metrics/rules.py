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
LAPLACE, STUDENT = "tails along the axes, Laplace", "tails along the axes, Student's t"
ANY_AXES = "tails along axes of each mode's own"
AXES_AND_NOISE = "tails along the axes, and noise everywhere"
COPIES = "own distances, random directions, each 25 times"
TURNED = "own distances, random directions"
ONE_WRONG = "one wrong seed"
"""Of five, and no effect in the others, which are exactly at the bound."""
NO_HIT = "at the margin, one seed without a hit"
BRIDGES = ("5 % on bridges", "5 % on bridges, modes blurred x 1.5")
"""Of 500 points a seed, so 25 bridges: 0.025 % of 100,000."""
AXES = (LAPLACE, STUDENT, ANY_AXES, AXES_AND_NOISE)

PARTS = {"exist": ("more_than_floor", "more_than_chance", "more_than_mirror")}
"""Rules by all of which another decides."""

RULES = {
    "exist": Rule(
        (PERFECT, *BLURS, STRETCHED, ONE_STRETCHED, TAILS, *AXES, NOISE, TURNED, COPIES), BRIDGES
    ),
    "more_than_floor": Rule(
        (PERFECT, *BLURS, STRETCHED, ONE_STRETCHED, ONE_WRONG), (*BRIDGES, "0.5 %")
    ),
    "more_than_chance": Rule((PERFECT, *BLURS, TAILS, NOISE, TURNED, COPIES, ONE_WRONG), BRIDGES),
    "more_than_mirror": Rule(
        (PERFECT, *BLURS, STRETCHED, TAILS, *AXES, NOISE, TURNED, COPIES, ONE_WRONG), BRIDGES
    ),
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
            "as many at every level, and tails that shrink",
            "as many at every level, and tails that grow",
            "none, and tails that shrink",
            "truth blurred x 2 at every level",
        ),
        ("a third as many at twice the level", "a third as many at twice the level, and tails"),
    ),
    "bridge_growth": Rule(
        (
            "as many bridges",
            "as many bridges, and tails that grow",
            "as many bridges, and tails that shrink",
            "no bridges, and tails that grow",
            "three times as many, in one seed",
        ),
        ("three times as many", "three times as many, and tails that grow"),
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
    "ratio": Rule(("two names for one filter",), ("half as many",)),
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
        ("at the bound", "at the bound, wide", "at the bound, heavy tails"), ("four times",)
    ),
    "kept": Rule(
        (
            "scores shuffled among samples",
            "keeps as many as the bound",
            "at the bound, 2 hallucinations",
            "at the bound, 18 hallucinations",
            "at the bound, 19 hallucinations",
            "best of five windows, all at the bound",
            "keeps 99 %, finds 90 %",
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

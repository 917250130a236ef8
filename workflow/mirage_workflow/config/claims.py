"""config/claims.yaml: each claim in a sentence, and the number that decides it."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, field_validator, model_validator

from mirage.metrics.rules import PARTS, RULES
from mirage_workflow.config.check import ConfigError, check
from mirage_workflow.config.section import Section, Unique, one_of
from mirage_workflow.config.statistics.known import AnyStatistic


class Family(Section):
    """Claims that are looked at together: among them no more than alpha's share is wrong."""

    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """P that any of its claims holds, or is said not to, by chance alone (Holm 1979)."""
    about: str
    """What they have in common."""


class Claim(Section):
    """One claim, decided for each of its experiments."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Names the claim in tables."""
    claim: str
    """One sentence."""
    source: str
    """Where the claim stands, with its tag: P the paper, S second-hand, C the official code."""
    family: str
    """One of `families`."""
    experiments: Unique[str] = Field(min_length=1)
    """Files of config/experiments, without .yaml; each gives one row of the ledger."""
    statistic: AnyStatistic
    """What decides it."""
    control: str
    """What must not pass: a control of the statistic's rule in `mirage.metrics.rules`."""
    effect: str
    """What must be found: a planted effect of that rule."""
    refuted: str
    """What would refute it, in words."""
    figure: str
    """The experiment's figure that shows it."""

    @model_validator(mode="after")
    def _audited(self) -> "Claim":
        rule = self.statistic.rule
        if rule not in RULES:
            raise ValueError(f"no control is registered for rule {rule!r}; there are: {[*RULES]}")
        one_of(f"control of rule {rule!r}", self.control, RULES[rule].controls)
        one_of(f"effect of rule {rule!r}", self.effect, RULES[rule].effects)
        return self


class Claims(Section):
    """All claims, in the order of the ledger."""

    families: Annotated[dict[str, Family], Field(min_length=1)]
    """Each adjusted by itself, over all its claims and experiments, whatever a run has of them."""
    claims: Annotated[list[Claim], Field(min_length=1)]
    """Each decided for each of its experiments."""

    @field_validator("claims")
    @classmethod
    def _once(cls, claims: list[Claim]) -> list[Claim]:
        names = [claim.id for claim in claims]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"each id may be used once: found {name!r} twice")
        return claims

    @model_validator(mode="after")
    def _of_families(self) -> "Claims":
        for claim in self.claims:
            if claim.family not in self.families:
                allowed = ", ".join(self.families)
                raise ValueError(f"{claim.id}: unknown family {claim.family!r}; allowed: {allowed}")
        return self

    @property
    def rows(self) -> list[tuple[Claim, str]]:
        """Each claim with each of its experiments: the rows of the ledger."""
        return [(claim, name) for claim in self.claims for name in claim.experiments]

    @property
    def alphas(self) -> dict[str, float]:
        """By rule, the smallest p that Holm's adjustment may ask of a claim it decides."""
        found: dict[str, float] = {}
        for claim in self.claims:
            alpha = self.families[claim.family].alpha / self.size(claim.family)
            for rule in (claim.statistic.rule, *PARTS.get(claim.statistic.rule, ())):
                found[rule] = min(alpha, found.get(rule, 1.0))
        return found

    def size(self, family: str) -> int:
        """Rows of a family."""
        return sum(claim.family == family for claim, _ in self.rows)


def read_claims(path: Path, experiments: Collection[str]) -> Claims:
    """Read the claims and check every name in them.

    Args:
        path: of the YAML file.
        experiments: all that there are, whether part of this run or not.

    Raises:
        ConfigError: for text that is not YAML, an unknown statistic, experiment, filter or
            family, a control or an effect that its rule is not audited by, and anything else
            that cannot be decided.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    claims = check(Claims, values, str(path))
    for claim, name in claims.rows:
        if name not in experiments:
            raise ConfigError(
                f"{path}: {claim.id}: experiments: unknown experiment {name!r}; "
                f"allowed: {', '.join(sorted(experiments))}"
            )
    return claims

"""Labels that people gave by eye: a CSV of `sample,label`, read strictly.

A first line `# pictures DIGEST`, which the page for labelling writes, says which pictures were
seen; it is compared with those that the labels are used for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from mirage.metrics.rows import Row

WORDS = {"fine": "valid", "hallucinated": "hallucinated", "unsure": None}
"""What may stand in a file, and the label that it means; `unsure` means none."""
HEADER = ["sample", "label"]
MARK = "# pictures "


class LabelsError(ValueError):
    """A file of labels that cannot be used: its path, line, what was found, what is allowed."""


@dataclass(frozen=True)
class Labels:
    """One person's words, by sample."""

    path: Path
    words: dict[int, str]
    digest: str
    """Of the pictures that were seen."""

    def require(self, digest: str) -> None:
        """Refuse labels of other pictures.

        Raises:
            LabelsError: if the file names the digest of others.
        """
        if self.digest != digest:
            raise LabelsError(
                f"{self.path}:1: labels of other pictures: found digest {self.digest!r}; "
                f"allowed: {digest!r}, which the page made of these samples writes"
            )


def read(path: Path, samples: int) -> Labels:
    """Read one person's labels of samples 0 to samples - 1, of which some may be missing.

    Raises:
        LabelsError: at the first line that does not name the pictures, is not `sample,label`, of an
            unknown sample, of one labelled before, or with another word; if none is fine or
            hallucinated.
        OSError: if the file cannot be opened.
    """
    path = Path(path)
    words: dict[int, str] = {}
    seen: dict[int, int] = {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path}: not text in UTF-8: {error.reason}; allowed: a CSV") from None
    mark, header, *rows = [*lines, *[""] * (2 - len(lines))]
    if not mark.startswith(MARK):
        allowed = f"{MARK}DIGEST, as label.html writes it"
        raise _fault(path, 1, "the pictures that were seen", mark, allowed)
    if [cell.strip() for cell in next(csv.reader([header]), [])] != HEADER:
        raise _fault(path, 2, "a header", header, ",".join(HEADER))
    for number, line in enumerate(rows, start=3):
        if line.strip():
            sample, word = _row(path, number, line, samples)
            if sample in seen:
                raise _fault(
                    path, number, f"sample {sample} again", line, f"once, as in line {seen[sample]}"
                )
            words[sample], seen[sample] = word, number
    if not any(WORDS[word] for word in words.values()):
        known = " or ".join(word for word, label in WORDS.items() if label)
        raise LabelsError(f"{path}: found no sample that is {known}; allowed: at least one")
    return Labels(path, words, mark.removeprefix(MARK).strip(", "))  # spreadsheets add commas


def _row(path: Path, number: int, line: str, samples: int) -> tuple[int, str]:
    cells = [cell.strip() for cell in next(csv.reader([line]))]
    if len(cells) != len(HEADER):
        raise _fault(path, number, f"{len(cells)} cells", line, "two, a sample and a label")
    sample, word = cells
    if not (sample.isascii() and sample.isdigit() and int(sample) < samples):
        raise _fault(path, number, "an unknown sample", sample, f"0 to {samples - 1}")
    if word not in WORDS:
        raise _fault(path, number, "an unknown label", word, ", ".join(WORDS))
    return int(sample), word


def _fault(path: Path, number: int, what: str, found: str, allowed: str) -> LabelsError:
    return LabelsError(f"{path}:{number}: {what}: found {found!r}; allowed: {allowed}")


def attach(parts: Iterable[pd.DataFrame], labels: pd.DataFrame) -> list[pd.DataFrame]:
    """Scores with the `label` of each sample, missing where it has none."""
    known = labels[["sample", "label"]]
    return [part.merge(known, on="sample", how="left") for part in parts]


def measure(labels: pd.DataFrame) -> list[Row]:
    """The rate of hallucination among the labelled, and the agreement of two people.

    Args:
        labels: columns `label` (missing where unsure or not agreed on), `first` and `second` (the
            words of each person, missing where there are none).
    """
    from mirage.metrics.rows import estimate, rate

    known = labels["label"].dropna()
    rows = [rate("hallucination_rate", int((known != "valid").sum()), len(known))]
    if labels["second"].notna().any():
        first, second = (labels[name].dropna().to_dict() for name in ("first", "second"))
        rows.append(estimate("cohens_kappa", *kappa(first, second), largest=1.0))
    return rows


def agreed(people: Sequence[Labels]) -> dict[int, str]:
    """The label (`valid` or `hallucinated`) of each sample that all people give the same.

    Samples of which one was unsure, or which one has not seen, are left out.
    """
    shared = set.intersection(*(set(labels.words) for labels in people))
    given = {sample: {WORDS[labels.words[sample]] for labels in people} for sample in shared}
    alike = {sample: words.pop() for sample, words in sorted(given.items()) if len(words) == 1}
    return {sample: label for sample, label in alike.items() if label is not None}


def kappa(first: Mapping[int, str], second: Mapping[int, str]) -> tuple[float, float, int]:
    """How far two people agree beyond chance: Cohen's kappa (Cohen 1960), by scikit-learn.

    All three words count, on the samples that both have seen.

    Returns:
        Kappa, its standard error (Fleiss, Cohen and Everitt 1969, equation 13) and the number of
        samples. NaN without any, and where both give one and the same word throughout.
    """
    import numpy as np
    from sklearn.metrics import cohen_kappa_score, confusion_matrix

    both = sorted(set(first) & set(second))
    a, b = ([words[sample] for sample in both] for words in (first, second))
    if not both or len({*a, *b}) < 2:
        return np.nan, np.nan, len(both)
    value = float(cohen_kappa_score(a, b))
    p = confusion_matrix(a, b, labels=list(WORDS)) / len(both)
    rows, columns = p.sum(1), p.sum(0)
    chance = rows @ columns
    diagonal = (np.diag(p) * (1 - (rows + columns) * (1 - value)) ** 2).sum()
    off = p * (columns[:, None] + rows[None, :]) ** 2
    rest = (1 - value) ** 2 * (off.sum() - np.trace(off))
    variance = diagonal + rest - (value - chance * (1 - value)) ** 2
    return value, float(np.sqrt(max(variance, 0) / len(both)) / (1 - chance)), len(both)

"""Timing in turns, so that a noisy machine is noisy for all alike."""

import logging
import time
from collections.abc import Callable

import pandas as pd

log = logging.getLogger("bench")


def in_turns(subjects: dict[str, Callable[[], float]], rounds: int) -> pd.DataFrame:
    """Run all subjects once in each round, after a round that does not count.

    Args:
        subjects: by name, a function that does some work and returns how many units.

    Returns:
        Columns `subject`, `round`, `seconds` (of one unit).
    """
    rows = []
    for turn in range(-1, rounds):
        for name, work in subjects.items():
            start = time.perf_counter()
            units = work()
            seconds = (time.perf_counter() - start) / units
            if turn < 0:
                log.info("%s: %.3g s a unit at first", name, seconds)
            else:
                rows.append({"subject": name, "round": turn, "seconds": seconds})
    return pd.DataFrame(rows)


def ratios(times: pd.DataFrame, yardstick: str) -> pd.DataFrame:
    """How many times the yardstick's time each subject took, round by round.

    Returns:
        By subject, columns `seconds` (median), `ratio` (median), `low`, `high` (extremes).
    """
    table = times.pivot(index="round", columns="subject", values="seconds")
    relative = table.div(table[yardstick], axis=0)
    return pd.DataFrame(
        {
            "seconds": table.median(),
            "ratio": relative.median(),
            "low": relative.min(),
            "high": relative.max(),
        }
    )

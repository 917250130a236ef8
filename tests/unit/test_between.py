"""What lies between two groups: a mixture of their features, and nothing that only looks so."""

import numpy as np
import pandas as pd
import pytest

from mirage.metrics.between import LEAST, Line, lies_between, measure, of_sources, place

LINE = Line("high", "low", "two", "none")
N, SIZE = 60, 100


def world(between: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Activations: a feature for high, one for low, and what pictures differ by besides."""
    background = rng.standard_normal(SIZE)
    high, low, other, more = 8 * np.linalg.qr(rng.standard_normal((SIZE, 4)))[0].T
    besides = 0.3 * rng.standard_normal((5, SIZE))

    def pictures(feature: np.ndarray) -> np.ndarray:
        differ = rng.standard_normal((N, 5)) @ besides + 0.5 * rng.standard_normal((N, SIZE))
        return background + feature + differ

    share = rng.uniform(0.3, 0.7, (N, 1))
    either = np.where(rng.permutation(N)[:, None] % 2, high, low)
    features = {
        "mixed": share * high + (1 - share) * low,
        "added up": high + low,
        "added up, where those without have more of another": high + low,
        "added up, scaled to one": (high + low) / 2**0.5,
        "one or the other": either,
        "all high": high,
        "mixed and elsewhere": (high + low) / 2 + 1.2 * other,
        "without either": 0 * high,
    }
    none = more / 3 if "more of another" in between else 0 * high
    groups = {"high": high, "low": low, "two": features[between], "none": none}
    return {name: pictures(feature) for name, feature in groups.items()}


def shuffled(groups: dict[str, np.ndarray], rng: np.random.Generator) -> dict[str, np.ndarray]:
    vectors = rng.permutation(np.concatenate(list(groups.values())))
    return dict(zip(groups, np.split(vectors, len(groups)), strict=True))


def found(groups) -> pd.DataFrame:
    return measure(groups, LINE, np.random.default_rng(0)).set_index("metric")


def passed(between: str, shuffle: bool = False, worlds: int = 20) -> float:
    """In how many of some worlds the group is said to lie between."""
    said = []
    for seed in range(worlds):
        rng = np.random.default_rng(seed)
        groups = world(between, rng)
        said.append(lies_between(measure(shuffled(groups, rng) if shuffle else groups, LINE, rng)))
    return np.mean(said)


def test_a_planted_mixture_of_features_passes():
    assert passed("mixed") >= 0.75


@pytest.mark.parametrize(
    "between",
    [
        "added up",
        "added up, where those without have more of another",
        "added up, scaled to one",
        "one or the other",
        "all high",
        "mixed and elsewhere",
        "without either",
    ],
)
def test_what_only_has_its_mean_there_does_not_pass(between):
    assert passed(between) <= 0.05


def test_shuffled_labels_do_not_pass():
    assert passed("mixed", shuffle=True) <= 0.05


def test_the_mean_of_a_mixture_lies_where_it_was_planted():
    rows = found(world("mixed", np.random.default_rng(0)))
    assert rows["low"]["position"] < rows["value"]["position"] < rows["high"]["position"]
    assert rows["value"]["position"] == pytest.approx(0.5, abs=0.1)
    assert rows["value"]["off_line"] < 0.5


def test_features_that_add_up_are_as_far_off_the_line_as_those_without_the_other_way():
    rows = found(world("added up", np.random.default_rng(0)))
    assert rows["low"]["off_line"] < 1 < rows["high"]["off_line"]
    assert rows["value"]["position"] == pytest.approx(0.5, abs=0.1)


def test_noise_alone_takes_no_mean_off_the_line():
    """Half the pictures of either end: their mean is on the line, however many features."""
    rows = found(world("one or the other", np.random.default_rng(1)))
    assert rows["value"]["off_line"] < 0.4


def test_no_picture_is_placed_by_a_mean_that_it_is_part_of():
    """Without any difference the ends' own pictures would else lie at their ends."""
    rng = np.random.default_rng(0)
    pure_noise = {name: rng.standard_normal((N, SIZE)) for name in LINE.groups}
    pure_noise["low"][:, 0] += 8
    places = place(pure_noise, LINE)
    assert places["high"].mean() == pytest.approx(0, abs=0.1)
    assert places["low"].mean() == pytest.approx(1, abs=0.1)
    pure_noise["two"] = rng.standard_normal((N, SIZE))
    assert place(pure_noise, LINE)["two"].mean() == pytest.approx(
        places["high"].mean(), abs=4 * places["high"].std() * np.sqrt(2 / N)
    )


def test_of_too_few_pictures_nothing_is_said():
    groups = world("mixed", np.random.default_rng(0))
    groups["two"] = groups["two"][: LEAST - 1]
    rows = measure(groups, LINE, np.random.default_rng(0))
    assert rows["value"].isna().all()
    assert set(rows["n"]) == {LEAST - 1}
    assert not lies_between(rows)


def test_generated_pictures_are_held_against_either_source():
    groups = world("mixed", np.random.default_rng(0))
    parts = [
        pd.DataFrame({"source": source, "group": name, "x": list(vectors)})
        for source in ("real", "generated")
        for name, vectors in groups.items()
        if (source, name) != ("real", "two")
    ]
    table = pd.concat(parts, ignore_index=True)
    places, rows = of_sources(table, np.stack(table["x"]), LINE, np.random.default_rng(0))
    assert rows.groupby("source")["metric"].count().to_dict() == {"generated": 3, "real": 3}
    assert rows["value"].notna().all()
    assert places.notna().all()
    means = places.groupby([table["source"], table["group"]]).mean()
    assert means["generated", "low"] == pytest.approx(means["real", "low"], abs=1e-6)
    assert means["generated", "two"] == pytest.approx(0.5, abs=0.1)

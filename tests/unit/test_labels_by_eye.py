"""A CSV of labels says what was seen, or is refused in one line."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from mirage import labels_by_eye
from mirage.filters import select
from mirage.labels_by_eye import LabelsError

HEAD = "# pictures abc\nsample,label\n"
UNSEEN = (
    "the pictures that were seen: found {!r}; allowed: # pictures DIGEST, as label.html writes it"
)


def file(tmp_path, text: str, name: str = "labels.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def people(tmp_path, *texts: str):
    return [
        labels_by_eye.read(file(tmp_path, f"{HEAD}{text}", f"{k}.csv"), 10)
        for k, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}3,fine\n0,unsure",
        "\ufeff# pictures abc,\r\nsample,label\r\n3,fine\r\n0,unsure\r\n\r\n",  # a spreadsheet's
        f'{HEAD}"3","fine"\n 0 , unsure \n',
    ],
    ids=["plain", "from a spreadsheet", "quoted"],
)
def test_a_file_is_read_as_it_was_meant(tmp_path, text):
    labels = labels_by_eye.read(file(tmp_path, text), 10)
    assert labels.words == {3: "fine", 0: "unsure"}
    assert labels.digest == "abc"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{HEAD}3,fine\n10,fine\n", ":4: an unknown sample: found '10'; allowed: 0 to 9"),
        (f"{HEAD}-1,fine\n", ":3: an unknown sample: found '-1'; allowed: 0 to 9"),
        (f"{HEAD}1.0,fine\n", ":3: an unknown sample: found '1.0'; allowed: 0 to 9"),
        (f"{HEAD}²,fine\n", ":3: an unknown sample: found '²'; allowed: 0 to 9"),
        (
            f"{HEAD}3,fine\n\n3,fine\n",
            ":5: sample 3 again: found '3,fine'; allowed: once, as in line 3",
        ),
        (
            f"{HEAD}3,ok\n",
            ":3: an unknown label: found 'ok'; allowed: fine, hallucinated, unsure",
        ),
        (
            f"{HEAD}3,\n",
            ":3: an unknown label: found ''; allowed: fine, hallucinated, unsure",
        ),
        (f"{HEAD}3\n", ":3: 1 cells: found '3'; allowed: two, a sample and a label"),
        (
            "# pictures abc\nsample;label\n3;fine\n",
            ":2: a header: found 'sample;label'; allowed: sample,label",
        ),
        ("# pictures abc\n3,fine\n", ":2: a header: found '3,fine'; allowed: sample,label"),
        ("# pictures abc\n", ":2: a header: found ''; allowed: sample,label"),
        ("sample,label\n3,fine\n", f":1: {UNSEEN.format('sample,label')}"),
        ("", f":1: {UNSEEN.format('')}"),
        (HEAD, ": found no sample that is fine or hallucinated; allowed: at least one"),
        (
            f"{HEAD}3,unsure\n",
            ": found no sample that is fine or hallucinated; allowed: at least one",
        ),
    ],
    ids=[
        "too large a number",
        "a negative number",
        "no whole number",
        "a digit that is none",
        "twice",
        "another word",
        "no word",
        "one cell",
        "semicolons",
        "no header",
        "no more than the pictures",
        "no word of the pictures",
        "nothing",
        "no row",
        "nobody sure",
    ],
)
def test_what_cannot_be_used_is_one_line_with_its_place(tmp_path, text, said):
    path = file(tmp_path, text)
    with pytest.raises(LabelsError) as refused:
        labels_by_eye.read(path, 10)
    assert str(refused.value) == f"{path}{said}"


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes(HEAD.encode() + b"\xff\xfe")
    with pytest.raises(LabelsError, match="not text in UTF-8"):
        labels_by_eye.read(path, 10)


def test_labels_of_other_pictures_are_refused(tmp_path):
    labels = labels_by_eye.read(file(tmp_path, f"{HEAD}1,fine\n"), 10)
    labels.require("abc")
    with pytest.raises(LabelsError, match=r"labels\.csv:1: .* found digest 'abc'; allowed: 'abd'"):
        labels.require("abd")


def test_people_agree_where_both_have_seen_the_same(tmp_path):
    both = people(
        tmp_path,
        "0,fine\n1,hallucinated\n2,fine\n3,unsure\n4,unsure\n5,fine\n",
        "7,fine\n1,hallucinated\n0,fine\n2,hallucinated\n3,unsure\n4,fine\n",
    )
    assert labels_by_eye.agreed(both) == {0: "valid", 1: "hallucinated"}
    assert labels_by_eye.agreed(both[:1]) == {
        0: "valid",
        1: "hallucinated",
        2: "valid",
        5: "valid",
    }


def test_kappa_is_that_of_the_table_in_cohens_terms():
    """20 both fine, 15 both hallucinated, 5 and 10 apart: agreement 0.7, by chance 0.5."""
    pairs = ["ff"] * 20 + ["hh"] * 15 + ["fh"] * 5 + ["hf"] * 10
    words = {"f": "fine", "h": "hallucinated"}
    first, second = ({k: words[p[i]] for k, p in enumerate(pairs)} for i in (0, 1))
    value, error, n = labels_by_eye.kappa(first | {99: "unsure"}, second)
    assert value == pytest.approx(0.4)
    assert n == 50
    rng, again = np.random.default_rng(0), []
    for _ in range(2_000):
        drawn = rng.integers(n, size=n)
        again.append(cohen_kappa_score([first[k] for k in drawn], [second[k] for k in drawn]))
    assert error == pytest.approx(np.std(again), rel=0.06)


def test_kappa_is_undefined_where_nobody_could_differ():
    assert np.isnan(labels_by_eye.kappa({1: "fine"}, {2: "fine"})[0])
    assert np.isnan(labels_by_eye.kappa({1: "fine", 2: "fine"}, {1: "fine", 2: "fine"})[0])


def labels_frame(**columns) -> pd.DataFrame:
    return pd.DataFrame({"sample": range(len(columns["label"])), **columns})


def test_scores_are_given_labels_by_number_and_none_where_there_is_none():
    parts = [pd.DataFrame({"sample": [0, 1]}), pd.DataFrame({"sample": [2, 3]})]
    labels = pd.DataFrame({"sample": [3, 1], "label": ["hallucinated", None]})
    found = pd.concat(labels_by_eye.attach(parts, labels))
    assert found["label"].fillna("").tolist() == ["", "", "", "hallucinated"]


def test_the_rate_is_that_among_the_labelled_and_two_people_have_a_kappa():
    label = ["valid", "hallucinated", None, "valid"]
    first = ["fine", "hallucinated", "fine", "fine"]
    second = ["fine", "hallucinated", "hallucinated", "fine"]
    alone = labels_by_eye.measure(labels_frame(label=label, first=first, second=[None] * 4))
    assert [(row.metric, row.value, row.n) for row in alone] == [
        ("hallucination_rate", pytest.approx(1 / 3), 3)
    ]
    both = labels_by_eye.measure(labels_frame(label=label, first=first, second=second))
    assert (both[1].metric, both[1].n) == ("cohens_kappa", 4)
    assert both[1].value == pytest.approx(cohen_kappa_score(first, second))
    assert both[1].low < both[1].value < both[1].high


def test_an_oracle_drops_what_is_known_to_be_wrong_before_what_is_not_known():
    labels = ["hallucinated", "valid", None, "valid", "hallucinated", None]
    scores = labels_frame(label=labels)
    kept = [select(scores, "oracle", keep, np.random.default_rng(0)).tolist() for keep in (2, 4, 5)]
    assert kept == [[1, 3], [1, 2, 3, 5], [0, 1, 2, 3, 5]]

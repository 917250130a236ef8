"""The numbers in captions are those of the code that draws."""

import re

import pytest
from checkouts import ROOT

from mirage.figures import causes, levels, roc, trajectories
from mirage.metrics import claims_audit, endpoint, transfer, verdicts
from mirage.metrics.names import METRICS
from mirage_workflow.config.experiment import Experiment
from mirage_workflow.config.judging import Scoring
from mirage_workflow.schemas import page

CAPTIONS = {path.stem: path.read_text() for path in (ROOT / "workflow/report").glob("*.rst")}
RADIUS = f"``scoring.radius`` ({Scoring().radius:g} standard deviations unless"
WORDS = {3: "three", 4: "four", 10: "ten", 1 / 4: "a quarter", 1 / 8: "an eighth"}
FACTS = {
    "causes": [
        "beyond {} and beyond {} standard deviations".format(*causes.THRESHOLDS),
        f"linear within {causes.LINEAR}, logarithmic beyond",
    ],
    "sweeps": [f"(linear below {levels.LINEAR:g} %, logarithmic beyond)"],
    "labels_by_update": [f"to scale below {levels.LINEAR:g} % and logarithmic beyond"],
    "crossed": [f"logarithmic beyond {levels.LINEAR:g} %"],
    "trajectories": [
        f"t below {trajectories.LAST[1]} on a line, {trajectories.LAST[2]} in the plane",
        RADIUS,
    ],
    "roc": [f"the last {WORDS[roc.OFFICIAL.last + 1]} steps; its curve is dashed", RADIUS],
    "samples": [RADIUS],
    "bridges": [f"between {WORDS[endpoint.QUARTER]} and half of the spacing"],
    "transfer": [
        f"a discard of {100 * transfer.DISCARD:.2f} %",
        f"the last {WORDS[roc.OFFICIAL.last + 1]} steps",
        f"finds {100 * transfer.SENSITIVITY:.0f} % of the hallucinations",
    ],
    "claims_audit": [
        f"hold in at most {100 * verdicts.ALPHA:g} %",
        f"must in at least {100 * claims_audit.FOUND:g} %",
    ],
}


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("name", FACTS)
def test_a_caption_says_the_numbers_that_its_figure_is_drawn_with(name):
    for fact in FACTS[name]:
        assert fact in flat(CAPTIONS[name])


def test_no_caption_says_another_radius():
    for name, caption in CAPTIONS.items():
        said = re.findall(r"\((\d+) standard deviations unless", flat(caption))
        assert set(said) <= {f"{Scoring().radius:g}"}, name


@pytest.mark.parametrize("name", CAPTIONS)
def test_what_a_caption_names_is_there(name):
    """A key of the config, a table's file, or a column or metric, in double backticks."""
    sections = Experiment.model_json_schema()
    columns = {field.name for tables in page.TABLES.values() for table in tables for field in table}
    files = {part for names in page.TABLES for part in names.split(", ")}
    told = re.sub(r"\{\{.*?\}\}", "", CAPTIONS[name]).replace("````", "")
    for word in re.findall(r"``(.+?)``", told):
        section, _, key = word.partition(".")
        if key == "parquet":
            assert section in files, word
        elif key:
            model = sections["properties"][section]
            assert key in str(model) or key in str(sections["$defs"]), word
        else:
            known = columns | METRICS.keys() | sections["properties"].keys()
            assert section in known, word

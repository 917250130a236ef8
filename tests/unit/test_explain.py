"""Where figures and tables come from."""

import pandas as pd
import pytest
from checkouts import ROOT

from mirage.figures import bridges, style
from mirage.metrics.names import METRICS
from mirage_workflow import tables
from mirage_workflow.explain import UnexplainedError, explain, functions, naming
from mirage_workflow.schemas.mixtures import MODES

SCRIPTS = ROOT / "workflow/scripts"


def test_a_script_is_told_by_the_functions_that_it_names_with_file_and_line():
    found = functions(SCRIPTS / "filter_samples.py")
    file, line = found["mirage.filters.select"].split(":")
    assert (ROOT / file).read_text().splitlines()[int(line) - 1].startswith("def select(")


def test_a_column_is_told_by_the_functions_that_name_it():
    found = naming("rotation", SCRIPTS / "describe_reference.py")
    assert all(name.startswith("mirage.") for name in found)
    assert not naming("no_such_column", SCRIPTS / "filter_samples.py")
    assert "mirage.detectors.Hal" in naming("hal_0_4", SCRIPTS / "draw_samples.py")
    assert "mirage_workflow.claims._adjusted" in naming("p_adjusted", SCRIPTS / "decide_claims.py")


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_found_from_a_figure_whose_tables_are_not_here(tmp_path, metric):
    of_sweeps = metric.startswith("window_")
    table = f"results/default/mine/{'sweeps/base' if of_sweeps else 'metrics'}.parquet"
    about = {"Subject": "of.mine", "Keywords": table, "Creator": "mirage"}
    style.save(style.figure(2, 2), tmp_path / "figure.png", about=about)
    rule = "measure_variant" if of_sweeps else "collect_metrics"
    missing = [f"  from {table}", f"    not here: rule {rule} makes it"]
    assert explain(tmp_path / "figure.png")[2:] == missing
    found = explain(tmp_path / "figure.png", metric)[2:]
    assert found[:2] == missing
    assert found[2].startswith("      with mirage.")


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_a_figure_leads_to_its_function_and_its_table(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    modes = pd.DataFrame({"mode": [0], "coordinate": [0], "mean": [1.0], "std": [0.1]})
    tables.write("modes.parquet", modes, MODES, {"script": "describe_modes", "config": {}})
    about = {
        "Subject": f"{bridges.draw.__module__}.draw",
        "Keywords": "modes.parquet\nresults/gone.safetensors",
        "Creator": "mirage 1+abc",
    }
    style.save(style.figure(2, 2), tmp_path / f"figure.{kind}", about=about)
    told = explain(tmp_path / f"figure.{kind}")
    assert told[1].startswith("  plotted by mirage.figures.bridges.draw, src/mirage/figures/br")
    assert told[1].endswith("code mirage 1+abc")
    assert told[2:4] == ["  from modes.parquet", "    made by workflow/scripts/describe_modes.py"]


def test_what_says_nothing_of_itself_is_refused_in_a_line(tmp_path):
    style.save(style.figure(2, 2), tmp_path / "figure.png")
    with pytest.raises(UnexplainedError, match="says nothing of where it comes from"):
        explain(tmp_path / "figure.png")
    with pytest.raises(UnexplainedError, match=r"allowed: \.png, \.pdf, \.parquet"):
        explain(tmp_path / "figure.svg")

"""README and docs: short, alive, and true to the tables beside them."""

import importlib.util
import os
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from checkouts import ROOT
from documents import PAGES, examples, links, name, pages_with
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mirage_workflow.schemas.claims import CLAIMS

SITE = """<html><body><h2 id="here">Here</h2>{}</body></html>"""


def page_script(name):
    """A script of docs/site, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / f"docs/site/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def check():
    return page_script("check")


def test_the_readme_is_a_door_of_at_most_800_words():
    assert len((ROOT / "README.md").read_text().split()) <= 800


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_of_a_page_lead_to_files(page):
    for link in links(page):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", pages_with())
def test_the_examples_of_a_page_run(page, tmp_path):
    script = tmp_path / "my.py"
    script.write_text("\n".join(examples(ROOT / page)))
    run = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_every_row_of_findings_in_the_readme_is_a_row_of_the_ledger():
    def rows(path):
        lines = re.findall(r"^\| (.+) \|$", path.read_text(), re.M)
        return [[cell.strip() for cell in line.split("|")] for line in lines]

    ledger = [row for row in rows(ROOT / "docs/claims.md") if len(row) == 8]
    shown = [row for row in rows(ROOT / "README.md") if len(row) == 5 and row[0] != "claim"]
    assert len(shown) == 5
    for claim, *decided in shown:
        (row,) = (row for row in ledger if [row[2], row[3], row[5], row[6]] == decided)
        assert row[0].startswith(claim)
        assert row[1] == "gaussian2d_grid"


def test_every_study_has_its_tables_place_in_the_results_readme():
    studies = re.findall(
        r'^    "(\w+)": Study\(', (ROOT / "workflow/rules/causes.smk").read_text(), re.M
    )
    places = (ROOT / "results/README.md").read_text().split("## Columns")[0]
    assert len(studies) > 10
    assert [name for name in studies if f"`{name}`" not in places] == []


def test_every_figure_is_in_the_gallery_with_its_picture_and_its_code():
    gallery = (ROOT / "docs/gallery.md").read_text()
    figures = {path.stem for path in (ROOT / "workflow/report").glob("*.rst")}
    shown = set(re.findall(r"^### (\w+)$", gallery, re.M))
    assert shown == figures - {"workflow", "claims", "explorer"}
    for figure in shown:
        part = re.search(rf"^### {figure}$(.*?)(?=^##|\Z)", gallery, re.M | re.S)[1]
        assert re.search(rf"!\[.+\]\(figures/(?:\w+_)?{figure}\.png\)", part), figure
        assert f"(../src/mirage/figures/{figure}.py)" in part


def test_pictures_of_the_docs_are_small_and_all_are_used():
    pictures = list((ROOT / "docs/figures").iterdir())
    assert sum(path.stat().st_size for path in pictures) < 1_500_000
    used = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert {path for path in pictures if path.resolve() not in used} == set()


def test_the_docs_take_the_ledger_and_the_pictures_of_a_run(tmp_path):
    take = page_script("take")

    run, docs = tmp_path / "run", tmp_path / "docs"
    for folder in ("run/figures", "run/mine", "run/earlier", "run/logs/mine/seed0", "docs/figures"):
        (tmp_path / folder).mkdir(parents=True)
    (run / "logs/mine/seed0/train.log").write_text(
        "took 1.0 core-seconds\ntook 1800 core-seconds\n"
    )
    claim = dict.fromkeys(CLAIMS.names) | {"claim": "It holds.", "id": "a", "verdict": "holds"}
    claim |= {"statistic": "growth", "experiment": "mine", "reason": "", "seeds": 5}
    earlier = claim | {"experiment": "earlier", "seeds": 0}
    rows = pd.DataFrame([claim, claim | {"experiment": "other"}, earlier])
    rows.to_parquet(run / "claims.parquet")
    picture = np.linspace(0, 255, 1200 * 600 * 3, dtype=np.uint8).reshape(600, 1200, 3)
    about = PngInfo()
    about.add_itxt("Subject", "mirage.figures.roc.draw")
    Image.fromarray(picture).save(run / "figures/mine_roc.png", pnginfo=about)
    Image.fromarray(picture).save(run / "figures/mine_unused.png")
    (docs / "figures/mine_roc.png").touch()
    other = "<!-- ledger: absent -->\nas before\n<!-- end -->\n"
    other += other.replace("absent", "earlier")
    (docs / "claims.md").write_text(f"A\n<!-- ledger: mine -->\noutdated\n<!-- end -->\nB\n{other}")
    assert take.take(run, docs) == ["mine", "mine_roc.png"]
    page = (docs / "claims.md").read_text()
    assert page.startswith("A\n")
    assert page.endswith(f"B\n{other}")
    assert "outdated" not in page
    assert page.count("It holds.") == 1
    assert "1 jobs took 0.5 core-hours." in page
    assert [path.name for path in (docs / "figures").iterdir()] == ["mine_roc.png"]
    with Image.open(docs / "figures/mine_roc.png") as small:
        assert (small.size, small.mode) == ((900, 450), "P")
        assert small.text["Subject"] == "mirage.figures.roc.draw"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('<a href="#here">', None),
        ('<a href="other.html#here">', None),
        ('<a href="https://arxiv.org">', None),
        ('<a href="gone.html">', "index.html: gone.html leads nowhere"),
        ('<a href="other.html#gone">', "index.html: other.html#gone has no such anchor"),
        ('<img src="https://a.org/b.png">', "index.html: loads https://a.org/b.png"),
        ('<script src="//a.org/b.js">', "index.html: loads //a.org/b.js"),
    ],
)
def test_the_check_of_the_site_tells_what_leads_nowhere_or_comes_from_elsewhere(
    check, tmp_path, body, told
):
    (tmp_path / "index.html").write_text(SITE.format(body))
    (tmp_path / "other.html").write_text(SITE.format(""))
    assert check.faults(tmp_path) == ([told] if told else [])


def test_a_font_from_elsewhere_is_told(check, tmp_path):
    (tmp_path / "a.css").write_text("@import url(https://fonts.org/a.css)")
    assert check.faults(tmp_path) == ["a.css: loads from elsewhere"]

"""What the documents hold: pages, their marked examples, their links."""

import re
from pathlib import Path

from checkouts import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("**/*.md")),
    *(ROOT / folder / "README.md" for folder in ("config", "profiles", "results")),
]
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)


def name(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def examples(page: Path, kind: str = "") -> list[str]:
    """The blocks after `<!-- example -->`, or `<!-- example: KIND -->`."""
    mark = f"<!-- example{': ' if kind else ''}{kind} -->"
    return re.findall(rf"^{mark}\n```\w*\n(.*?)^```$", page.read_text(), re.M | re.S)


def experiments(page: Path) -> dict[str, str]:
    """The files of config/experiments that a page has one write, by name."""
    mark = r"^<!-- example: experiment (\w+) -->\n```yaml\n(.*?)^```$"
    return dict(re.findall(mark, page.read_text(), re.M | re.S))


def pages_with(kind: str = "") -> list:
    """Names of the pages with examples of a kind."""
    return [name(page) for page in PAGES if examples(page, kind)]


def links(page: Path) -> list[str]:
    """What a page links to in the repository, without anchors."""
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text()))
    found = re.findall(r"\]\(\s*([^)\s]+)\s*\)", text)
    return [link.split("#")[0] for link in found if not re.match(r"[a-z]+:|#", link)]

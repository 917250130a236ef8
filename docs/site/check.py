"""Check a built site: every link and picture leads somewhere, and nothing comes from elsewhere.

    python docs/site/check.py SITE

Prints a line for each fault, and fails if there is one.
"""

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
STYLE = re.compile(r"(?:url\(|@import\s+)[\"']?(https?:)?//", re.I)


class Page(HTMLParser):
    """What a page links to, what it loads, and its anchors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links, self.loads, self.anchors = [], [], {"", "__top"}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.anchors |= {attrs[key] for key in ("id", "name") if attrs.get(key)}
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        elif attrs.get(LOADED.get(tag)) and attrs.get("rel") != "canonical":
            self.loads.append(attrs[LOADED[tag]])


@cache
def read(path: Path) -> Page:
    """A page of the site."""
    return Page(path.read_text())


def faults(site: Path) -> list[str]:
    """A line for each link that leads nowhere and each thing that is loaded from elsewhere."""
    found = []
    for path in sorted(site.rglob("*.html")):
        page, place = read(path), path.relative_to(site)
        for address in page.links + page.loads:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in page.loads and parts.scheme != "data":
                    found.append(f"{place}: loads {address}")
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if place.name == "404.html":
                continue  # its links count from the root of a server
            if not target.is_file():
                found.append(f"{place}: {address} leads nowhere")
            elif target.suffix == ".html" and unquote(parts.fragment) not in read(target).anchors:
                found.append(f"{place}: {address} has no such anchor")
    for path in sorted(site.rglob("*.css")):
        if STYLE.search(path.read_text()):
            found.append(f"{path.relative_to(site)}: loads from elsewhere")
    return found


if __name__ == "__main__":
    lines = faults(Path(sys.argv[1]).resolve())
    print(*lines, sep="\n", end="\n" if lines else "")
    sys.exit(bool(lines))

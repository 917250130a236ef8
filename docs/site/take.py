"""Takes what the docs show of a run from its files.

    PYTHONPATH=src python docs/site/take.py results/default

In docs/claims.md, what stands between `<!-- ledger: EXPERIMENTS -->` and `<!-- end -->` becomes the
run's ledger of these experiments, with what their jobs took, if its last command measured
them all. Pictures of docs/figures that the run has are copied, smaller and with fewer colours.
"""

import re
import sys
from pathlib import Path

import pandas as pd
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mirage.figures import ledger

DOCS = Path(__file__).parents[1]
LEDGER = re.compile(r"(<!-- ledger: ([^\n]+) -->\n).*?(<!-- end -->)", re.S)
TOOK = re.compile(r"took ([\d.]+) core-seconds")
COLOURS, WIDTH = 128, 900


def take(results: Path, docs: Path) -> list[str]:
    """Bring docs up to a run. Returns the names of what was taken."""
    taken = []
    claims = pd.read_parquet(results / "claims.parquet")

    def table(match: re.Match) -> str:
        names = match[2].split()
        rows = claims[claims["experiment"].isin(names)]
        if not set(names) <= set(rows.loc[rows["seeds"] > 0, "experiment"]):
            return match[0]
        taken.append(match[2])
        return f"{match[1]}\n{cost(results, names)}\n\n{ledger.markdown(rows)}\n{match[3]}"

    page = docs / "claims.md"
    page.write_text(LEDGER.sub(table, page.read_text(encoding="utf-8")), encoding="utf-8")
    for path in sorted((docs / "figures").glob("*.png")):
        if (results / "figures" / path.name).exists():
            shrink(results / "figures" / path.name, path)
            taken.append(path.name)
    return taken


def cost(results: Path, experiments: list[str]) -> str:
    """How many jobs of some experiments have a log, and what they took by it."""
    logs = [path for name in experiments for path in (results / "logs" / name).rglob("*.log")]
    seconds = [TOOK.findall(path.read_text(encoding="utf-8", errors="replace")) for path in logs]
    done = [float(found[-1]) for found in seconds if found]
    return f"{len(done)} jobs took {sum(done) / 3600:.1f} core-hours."


def shrink(source: Path, target: Path) -> None:
    """Write a PNG with a palette, not too wide for a page, and with what it says of itself."""
    with Image.open(source) as picture:
        about = PngInfo()
        for key, text in picture.text.items():
            about.add_itxt(key, text)
        small = picture.convert("RGB")
        small.thumbnail((WIDTH, sys.maxsize), Image.Resampling.LANCZOS)
        few = small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        few.save(target, pnginfo=about, optimize=True)


if __name__ == "__main__":
    print("\n".join(take(Path(sys.argv[1]), DOCS)))

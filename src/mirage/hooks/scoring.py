"""Drawing from a saved diffusers pipeline and scoring it, so that a run goes on when killed.

A batch is done when its table is there, and that is written last, after its pictures. Its noise
depends on the seed and its number alone.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pandas as pd
import torch
from PIL import Image
from tqdm import tqdm

from mirage.files import DamagedError, replacing
from mirage.hooks import gallery
from mirage.hooks.pipelines import draw, load, steps_of
from mirage.hooks.saved import Saved
from mirage.hooks.watching import require_steps, watch
from mirage.rng import torch_seed


def score(
    pipeline: str,
    out: Path,
    samples: int = 1000,
    batch: int = 50,
    seed: int = 0,
    steps: int | None = None,
    windows: Sequence[tuple[int, int]] = ((0, 9),),
    detectors: Sequence[str] = ("hal",),
    device: str | None = None,
    online: bool = False,
) -> pd.DataFrame:
    """Draw pictures from a pipeline and score them.

    Writes into `out`: `scores.parquet`, `images/000000.png` and so on, `gallery.html`, and what
    is needed to go on: `options.json`, and a table for each batch in `batches/`.

    Args:
        pipeline: the folder where it was saved; with `online`, a name on the hub too.
        samples, batch: how many pictures, and how many of them together.
        steps: of each walk; None for the pipeline's own number.
        windows, detectors: see `mirage.watch`.
        device: None for a GPU where there is one.

    Returns:
        What `scores.parquet` holds: `sample`, `seed` (of its batch), and a column for each
        detector and window.

    Raises:
        ValueError: if it is no pipeline, cannot be loaded or watched, is not so long as a window,
            there is no such device, or `out` holds another run.
        OSError: if something cannot be written.
    """
    device = _device(device)
    folder = _find(pipeline, online)
    if out.resolve().is_relative_to(folder.resolve()):
        raise ValueError(f"{out} is within the pipeline; say another --out")
    options: dict[str, Any] = {
        "pipeline": Saved(folder).digest,
        "samples": samples,
        "batch": batch,
        "seed": seed,
        "steps": steps,
        "windows": [list(window) for window in windows],
        "detectors": list(detectors),
        "device": device,
    }
    pipe = load(folder, device)
    # Refused before anything is written.
    watch(pipe.scheduler, windows, detectors)
    require_steps(windows, steps or steps_of(pipe))
    _take(out, options)
    tables = []
    with tqdm(total=samples, unit="picture") as progress:
        for number, first in enumerate(range(0, samples, batch)):
            path = out / f"batches/{number:06}.parquet"
            if not path.exists():
                n = min(batch, samples - first)
                table = _draw(pipe, options, number, range(first, first + n), out)
                with replacing(path) as temporary:
                    table.to_parquet(temporary, index=False)
            tables.append(_read(path))
            progress.update(len(tables[-1]))
    scores = pd.concat(tables, ignore_index=True)
    with replacing(out / "scores.parquet") as temporary:
        scores.to_parquet(temporary, index=False)
    with replacing(out / "gallery.html") as temporary:
        temporary.write_text(gallery.page(scores, out / "images"), encoding="utf-8")
    return scores


def _draw(pipe: Any, options: dict, number: int, numbers: range, out: Path) -> pd.DataFrame:
    """Draw one batch and write its pictures. Returns its table."""
    seed = torch_seed(options["seed"], "score", 0, number)
    asked = options["windows"], options["detectors"], options["steps"]
    images, hal = draw(pipe, len(numbers), seed, *asked)
    pixels = (images * 255).round().astype(np.uint8)
    if pixels.shape[-1] not in (1, 3):
        raise ValueError(f"pictures have {pixels.shape[-1]} channels; a PNG holds 1 or 3 of them")
    if pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    for sample, each in zip(numbers, pixels, strict=True):
        picture = Image.fromarray(each)
        with replacing(gallery.picture(out / "images", sample)) as temporary:
            picture.save(temporary, format="png")
    table = hal.scores.assign(sample=list(numbers))
    table.insert(1, "seed", seed)
    return table


def _device(asked: str | None) -> str:
    """The device to draw on, if this machine has it."""
    gpu = torch.accelerator.current_accelerator(check_available=True)
    there = ["cpu"]
    if gpu:
        numbers = range(torch.accelerator.device_count())
        there += [gpu.type, *(f"{gpu.type}:{number}" for number in numbers)]
    if asked is None:
        return "cuda" if "cuda" in there else "cpu"
    if asked not in there:
        raise ValueError(f"--device: found {asked!r}; allowed on this machine: {', '.join(there)}")
    return asked


def _find(pipeline: str, online: bool) -> Path:
    folder = Path(pipeline)
    if online and not folder.exists():
        return Path(diffusers.DiffusionPipeline.download(pipeline))
    if not folder.exists():
        raise ValueError(f"{folder}: no such folder (--online allows a name on the hub)")
    return folder


def _take(out: Path, options: dict) -> None:
    """Begin a run in `out`, or go on with the one that is there."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"--out {out} cannot be made: {error.strerror}") from error
    path = out / "options.json"
    found = options
    if path.exists():
        try:
            found = json.loads(path.read_text())
        except ValueError as error:
            raise DamagedError(path, str(error)) from None
    there = [each.name for each in out.iterdir()]
    if found.keys() != options.keys() or (
        not path.exists() and any(name[0] != "." for name in there)
    ):
        raise ValueError(f"{out} is not empty, and holds no run; say another --out")
    differing = [name for name in options if found[name] != options[name]]
    if differing and any(out.glob("batches/*.parquet")):
        name = differing[0]
        values = f"with other options: {name} {found[name]}, and now {options[name]}"
        run = "of another pipeline" if name == "pipeline" else values
        raise ValueError(f"{out} holds a run {run}; say another --out")
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(options, indent=1))
    # Of a process that was killed in the middle of a file, or before it finished a batch.
    for left in [*out.glob("*/.*.tmp"), *(out.glob("images/*.png") if differing else ())]:
        left.unlink()


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} is damaged; delete it and start again ({error})") from error

"""What README and docs tell a user to type works."""

import os
import shlex
import subprocess
import sys

import diffusers
import numpy as np
import pytest
from checkouts import ROOT
from documents import examples, experiments, pages_with
from PIL import Image
from unit.tiny_pipelines import unet


def bring(folder) -> None:
    """What a user's own experiments name: pictures, a pipeline that draws such, walks."""
    for name in ("pictures", "drawings"):
        (folder / "resources" / name).mkdir(parents=True)
        for number in range(200):
            Image.new("RGB", (32, 32)).save(folder / f"resources/{name}/{number}.png")
    pipeline = diffusers.DDPMPipeline(unet(3, 32), diffusers.DDPMScheduler())
    pipeline.save_pretrained(folder / "resources/pipeline")
    np.savez(folder / "walks.npz", x=np.zeros((1_000, 2)), x0_hat=np.zeros((1_000, 10, 2)))


@pytest.mark.parametrize("page", pages_with("dry run"))
def test_snakemake_plans_every_command_of_a_page(scratch, page):
    (scratch.path / "my.py").write_text("\n".join(examples(ROOT / page)))
    bring(scratch.path)
    for name, text in experiments(ROOT / page).items():
        (scratch.path / f"config/experiments/{name}.yaml").write_text(text)
    for block in examples(ROOT / page, "dry run"):
        for line in block.splitlines():
            program, *words = shlex.split(line)
            assert program == "snakemake"
            # Conda would have to be there even for a plan.
            plan = scratch.snakemake("-n", "-q", *(w for w in words if w != "--use-conda"))
            assert plan.returncode == 0, f"{line}\n{plan.stderr}"


@pytest.mark.parametrize("page", pages_with("results"))
def test_the_examples_of_a_page_read_a_finished_run(smoke, page):
    quick = smoke.path / "results/quick"
    if not quick.exists():
        quick.symlink_to("smoke")
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(examples(ROOT / page, "results"))],
        cwd=smoke.path,
        env={**os.environ, "MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "NaN" in run.stdout  # generation 0 is shared by all filters

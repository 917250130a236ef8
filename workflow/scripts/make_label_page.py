"""Make the page on which pictures of generation 0 are labelled by eye."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

from mirage import files
from mirage.pages import label
from mirage.rng import numpy_rng
from mirage_workflow import tables
from mirage_workflow.sections import sections

shape = sections(job.config).dataset.shape
pictures = tables.read_points(*job.input.samples, shape=shape)
order = label.choose(len(pictures), numpy_rng(job.told["seed"], "label"))
title = f"{job.wildcards.experiment}: {len(order):,} of {len(pictures):,} samples"
with files.replacing(Path(job.output.page)) as temporary:
    temporary.write_text(label.page(pictures, order, title), encoding="utf-8")

"""Write an experiment's config as resolved from its file and preset."""

from mirage_workflow.job import begin

job = begin(snakemake)

from pathlib import Path

import yaml

from mirage import files
from mirage_workflow.sections import sections

resolved = sections(job.config).model_dump(mode="json")  # in the order of the models
with files.replacing(Path(job.output.config)) as temporary:
    temporary.write_text(yaml.safe_dump(resolved, sort_keys=False), encoding="utf-8")

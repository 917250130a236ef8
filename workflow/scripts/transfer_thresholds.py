"""Find a threshold on each seed's generation 0, and test it on every seed and generation."""

from mirage_workflow.job import begin

job = begin(snakemake)

import pandas as pd

from mirage import labels_by_eye
from mirage.detectors import Score
from mirage.metrics import transfer
from mirage_workflow import tables
from mirage_workflow.places import dealt, filter_of, generation_of
from mirage_workflow.schemas.transfer import TRANSFER
from mirage_workflow.sections import sections

score = Score(job.told["detector"], *sections(job.config).scoring.window)
places = [tuple(place) for place in job.told["places"]]  # (seed, lineage)
dealt_scores = dealt(job.input.scores, len(places))
labels = tables.read(job.input.labels) if job.input.labels else None


def read(shards: list[str]) -> pd.DataFrame:
    """What is needed of a generation's scores, of the samples that have a label."""
    if labels is None:
        return tables.read(*shards, columns=["sample", "label", score.column])
    scores = tables.read(*shards, columns=["sample", score.column])
    return labels_by_eye.attach([scores], labels)[0].dropna(subset="label")


scores_of = {place: read(shards) for place, shards in zip(places, dealt_scores, strict=True)}
rows = []
for from_seed, first in places:
    if generation_of(first):
        continue
    found = transfer.threshold(scores_of[from_seed, first], score)
    for (seed, lineage), scores in scores_of.items():
        if (seed, lineage) == (from_seed, first):
            scores = scores[scores["sample"] % 2 == transfer.TEST]
        place = {"from_seed": from_seed, "seed": seed, "filter": filter_of(lineage)}
        place["generation"] = generation_of(lineage)
        rows.append(place | transfer.test(scores, score, found))
table = pd.DataFrame(rows).assign(experiment=job.wildcards.experiment, **score._asdict())
tables.write(job.output.transfer, table[TRANSFER.names], TRANSFER, job.provenance())

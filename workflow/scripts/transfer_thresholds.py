"""Find windows and thresholds on each seed's generation 0; test them on all generations."""

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

experiment = sections(job.config)
detector = job.told["detector"]
scoring = Score(detector, *experiment.scoring.window)
compared = [Score(detector, *window) for window in experiment.detection.windows]
columns = list(dict.fromkeys(score.column for score in (scoring, *compared)))
places = [tuple(place) for place in job.told["places"]]  # (seed, lineage)
shards = dict(zip(places, dealt(job.input.scores, len(places)), strict=True))
labels = tables.read(job.input.labels) if job.input.labels else None


def read(place: tuple[int, str]) -> pd.DataFrame:
    """What is needed of a generation's scores, of the samples that have a label."""
    if labels is None:
        return tables.read(*shards[place], columns=["sample", "label", *columns])
    scores = tables.read(*shards[place], columns=["sample", *columns])
    return labels_by_eye.attach([scores], labels)[0].dropna(subset="label")


first = {place[0]: read(place) for place in places if generation_of(place[1]) == 0}
found = {
    (seed, choice): (chosen.score, transfer.threshold(chosen.scores, chosen.score))
    for (seed, choice), chosen in transfer.choices(first, scoring, compared).items()
}
del first
rows = []
for seed, lineage in places:  # one generation is held at a time
    every, place = read((seed, lineage)), {"seed": seed, "filter": filter_of(lineage)}
    place["generation"] = generation_of(lineage)
    for (from_seed, choice), (score, threshold) in found.items():
        if choice == "best" and seed != from_seed:
            continue  # which it was chosen on
        own = (seed, place["generation"]) == (from_seed, 0)
        scores = every[every["sample"] % 2 == transfer.TEST] if own else every
        told = {"from_seed": from_seed, "choice": choice, **score._asdict()}
        rows.append(place | told | transfer.test(scores, score, threshold))
table = pd.DataFrame(rows).sort_values("from_seed", kind="stable")
table = table.assign(experiment=job.wildcards.experiment)
tables.write(job.output.transfer, table[TRANSFER.names], TRANSFER, job.provenance())

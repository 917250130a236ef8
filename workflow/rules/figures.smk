"""Figures read tables only: restyling one never retrains."""


class Figure(NamedTuple):
    """A figure: why it is there, what it is drawn from, and what its script is told."""

    why: str
    tables: dict
    told: dict = {}
    sections: tuple = ()
    memory: object = 2000


GEN0 = f"{SHOWN}/gen0"
SAMPLES, SCORES = in_shards(f"{GEN0}/samples"), in_shards(f"{GEN0}/scores")
METRICS = {"metrics": f"{RESULTS}/metrics.parquet"}
SWEPT = {"metrics": every_sweep}
MODES = {"modes": f"{RESULTS}/modes.parquet"}
SHOW = {
    "density": Figure(
        "Bridges on a line are thin: only a log scale shows them.",
        {"histogram": f"{GEN0}/histogram.parquet"},
    ),
    "samples": Figure(
        "Where the samples lie between the true modes.",
        {"samples": SAMPLES, "scores": SCORES, **MODES},
        sections=("dataset", "scoring"),
        memory=needs.table_memory,
    ),
    "trajectories": Figure(
        "The paper's observation: predictions of a hallucinated sample keep moving.",
        {"trajectories": f"{GEN0}/trajectories.parquet", "modes": modes},
        sections=("dataset", "scoring", "trajectories"),
    ),
    "hal_histogram": Figure(
        "How far apart the two kinds of sample are in Hal.",
        {"scores": SCORES, "roc": roc},
        {"detector": main_detector, "threshold": main_threshold},
        ("dataset", "scoring"),
        needs.scores_memory,
    ),
    "roc": Figure(
        "Detection against the window: the window matters more than anything else.",
        {"roc": f"{GEN0}/roc.parquet", "metrics": f"{GEN0}/metrics.parquet"},
    ),
    "rate_by_generation": Figure(
        "Whether filtering before retraining slows hallucination down.", METRICS
    ),
    "density_by_generation": Figure(
        "What retraining does to the samples, filter by filter.",
        {"samples": all_drawn, **MODES},
        {"lineages": shown_lineages},
        ("dataset", "scoring"),
        needs.table_memory,
    ),
    "gallery": Figure(
        "What a detector finds least and most suspicious, to be judged by eye.",
        {"data": f"{SHOWN}/data.parquet", "samples": SAMPLES},
        {"detector": main_detector},
        ("dataset", "scoring"),
        needs.table_memory,
    ),
    "embedding": Figure(
        "Whether what is hallucinated lies between what is real, as the network sees it.",
        {name: f"{GEN0}/{name}.parquet" for name in ("embedding", "between")},
        sections=("embedding",),
    ),
    "quality_by_generation": Figure(
        "Whether filtering before retraining slows the collapse of pictures.", METRICS
    ),
    "quality_by_update": Figure(
        "How many updates pictures take until they are nearly as good as real ones.",
        {"quality": f"{GEN0}/followed_quality.parquet"},
    ),
    "hal_sheet": Figure(
        "A hundred of the least and of the most suspicious, large enough to be judged by eye.",
        {"samples": SAMPLES},
        {"detector": main_detector},
        ("dataset", "scoring"),
        needs.table_memory,
    ),
    "shapes": Figure(
        "Hallucinations beside what the model was shown.",
        {"data": f"{SHOWN}/data.parquet", "samples": SAMPLES, "scores": SCORES},
        sections=("dataset",),
        memory=needs.table_memory,
    ),
    "shapes_sheet": Figure(
        "Generated pictures with what the counter says of them, to be checked by eye.",
        {"samples": SAMPLES, "scores": SCORES},
        sections=("dataset",),
        memory=needs.table_memory,
    ),
    "objects": Figure("Whether a detector does more than count what is in a picture.", METRICS),
    "labels_by_update": Figure(
        "What is wrong early in training need not be what is wrong at its end.",
        {"rates": f"{GEN0}/followed.parquet"},
        sections=("dataset",),
    ),
    "handed_over": Figure(
        "At which times a network of shapes goes wrong, and whether it is that it couples no columns.",
        {"handed_over": every_seed("gen0/handed_over.parquet")},
    ),
    "types_by_generation": Figure(
        "Which errors grow as models train on their own pictures.", METRICS
    ),
    "confusion": Figure(
        "Whether the counter of shapes can be trusted.", {"audit": f"{RESULTS}/audit.parquet"}
    ),
    "causes": Figure(
        "Sampler, finite data and network, each in its part.",
        {"causes": f"{RESULTS}/causes.parquet"},
    ),
    "score": Figure(
        "Where the learned score is smoother than the true one.",
        {"lines": f"{SHOWN}/score/lines.parquet"},
    ),
    "score_field": Figure("The same in the plane.", {"field": f"{SHOWN}/score/field.parquet"}),
    "slopes": Figure(
        "Whether a smooth score goes with bridges.",
        {"slopes": every_seed("score/followed.parquet")},
    ),
    "sweeps": Figure("What drives the rate, one factor at a time.", SWEPT),
    "density_by_level": Figure(
        "The published view: bridges on a line by training-set size, distance and imbalance.",
        {"histograms": sweep_histograms},
        {"modes": varied_modes},
    ),
    "crossed": Figure("What two factors do together.", SWEPT),
    "by_bridge": Figure("Whether bridges between light modes are taken as often.", SWEPT),
    "eta": Figure("Whether Hal needs the sampler's noise.", SWEPT),
    "windows": Figure("Whether the best window can be told beforehand.", SWEPT),
    "bridges": Figure(
        "In which direction far samples are, against the same samples turned.", METRICS
    ),
    "transfer": Figure(
        "Whether a threshold holds on other seeds and generations.",
        {"transfer": f"{RESULTS}/transfer.parquet"},
    ),
}

for name, figure in SHOW.items():

    # What stands in `script:` is looked up when a job runs, after the loop.
    rule:
        name:
            f"plot_{name}"
        input:
            **figure.tables,
        output:
            pdf=f"{FIGURES}_{name}.pdf",
            png=report(
                f"{FIGURES}_{name}.png",
                caption=f"../report/{name}.rst",
                category="{experiment}",
                labels={"figure": name.replace("_", " ")},
            ),
        log:
            f"{LOGS}/plot_{name}.log",
        wildcard_constraints:
            experiment=showing(name),
        # A picture as soon as its tables are there: of jobs alike, the scheduler takes large
        # inputs first.
        priority: 1
        conda:
            "../../envs/figures.yaml"
        resources:
            mem_mb=growing(figure.memory),
        params:
            **params_of(f"plot_{name}", *figure.sections, **figure.told),
            figure=name,
        script:
            "../scripts/plot_{params.figure}.py"

    [*workflow.rules][-1].docstring = figure.why  # by place, as a module's rules get other names

# Figures read tables only: restyling one never retrains.


rule plot_density:
    """Bridges on a line are thin: only a log scale shows them."""
    input:
        histogram=f"{SHOWN}/gen0/histogram.parquet",
        script=script_file("plot_density"),
        code=modules("figures/style", "figures/density"),
    output:
        pdf=f"{FIGURES}_density.pdf",
        png=report(
            f"{FIGURES}_density.png",
            caption="../report/density.rst",
            category="{experiment}",
            labels={"figure": "density"},
        ),
    log:
        f"{LOGS}/plot_density.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q}"
        " --histogram {input.histogram:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_samples:
    """Where the samples lie between the true modes."""
    input:
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        scores=in_shards(f"{SHOWN}/gen0/scores"),
        modes=f"{RESULTS}/modes.parquet",
        script=script_file("plot_samples"),
        code=modules("figures/style", "figures/samples"),
    output:
        pdf=f"{FIGURES}_samples.pdf",
        png=report(
            f"{FIGURES}_samples.png",
            caption="../report/samples.rst",
            category="{experiment}",
            labels={"figure": "samples"},
        ),
    log:
        f"{LOGS}/plot_samples.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset", "scoring"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --samples {input.samples:q} --scores {input.scores:q} --modes {input.modes:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_trajectories:
    """The paper's observation: predictions of a hallucinated sample keep moving."""
    input:
        unpack(modes),
        trajectories=f"{SHOWN}/gen0/trajectories.parquet",
        script=script_file("plot_trajectories"),
        code=modules("figures/style", "figures/trajectories", "figures/samples", "figures/gallery"),
    output:
        pdf=f"{FIGURES}_trajectories.pdf",
        png=report(
            f"{FIGURES}_trajectories.png",
            caption="../report/trajectories.rst",
            category="{experiment}",
            labels={"figure": "trajectories"},
        ),
    log:
        f"{LOGS}/plot_trajectories.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        config=sections("dataset", "scoring"),
        modes=lambda wildcards, input: options(**{key: input[key] for key in modes(wildcards)}),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --trajectories {input.trajectories:q} {params.modes}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_hal_histogram:
    """How far apart the two kinds of sample are in Hal."""
    input:
        unpack(roc),
        scores=in_shards(f"{SHOWN}/gen0/scores"),
        script=script_file("plot_hal_histogram"),
        code=modules("figures/style", "figures/hal_histogram"),
    output:
        pdf=f"{FIGURES}_hal_histogram.pdf",
        png=report(
            f"{FIGURES}_hal_histogram.png",
            caption="../report/hal_histogram.rst",
            category="{experiment}",
            labels={"figure": "hal histogram"},
        ),
    log:
        f"{LOGS}/plot_hal_histogram.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(scores_memory),
        runtime=growing(10),
    params:
        config=sections("dataset", "recursion", "scoring"),
        detector=main_detector,
        roc=lambda wildcards, input: options(**{key: input[key] for key in roc(wildcards)}),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --detector {params.detector}"
        " --scores {input.scores:q} {params.roc}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_roc:
    """Detection against the window: the window matters more than anything else."""
    input:
        roc=f"{SHOWN}/gen0/roc.parquet",
        metrics=f"{SHOWN}/gen0/metrics.parquet",
        script=script_file("plot_roc"),
        code=modules("figures/style", "figures/roc"),
    output:
        pdf=f"{FIGURES}_roc.pdf",
        png=report(
            f"{FIGURES}_roc.png",
            caption="../report/roc.rst",
            category="{experiment}",
            labels={"figure": "roc"},
        ),
    log:
        f"{LOGS}/plot_roc.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q}"
        " --roc {input.roc:q} --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_rate_by_generation:
    """Whether filtering before retraining slows hallucination down."""
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        script=script_file("plot_rate_by_generation"),
        code=modules("figures/style", "figures/rate_by_generation"),
    output:
        pdf=f"{FIGURES}_rate_by_generation.pdf",
        png=report(
            f"{FIGURES}_rate_by_generation.png",
            caption="../report/rate_by_generation.rst",
            category="{experiment}",
            labels={"figure": "rate by generation"},
        ),
    log:
        f"{LOGS}/plot_rate_by_generation.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q}"
        " --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_density_by_generation:
    """What retraining does to the samples, filter by filter."""
    input:
        samples=all_drawn,
        modes=f"{RESULTS}/modes.parquet",
        script=script_file("plot_density_by_generation"),
        code=modules(
            "figures/style",
            "figures/density_by_generation",
            "figures/rate_by_generation",
            "figures/samples",
        ),
    output:
        pdf=f"{FIGURES}_density_by_generation.pdf",
        png=report(
            f"{FIGURES}_density_by_generation.png",
            caption="../report/density_by_generation.rst",
            category="{experiment}",
            labels={"figure": "density by generation"},
        ),
    log:
        f"{LOGS}/plot_density_by_generation.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset", "scoring"),
        points=points_by_generation,
    shell:
        "python {input.script:q} --config {params.config:q}"
        " {params.points} --modes {input.modes:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_gallery:
    """What a detector finds least and most suspicious, to be judged by eye."""
    input:
        data=f"{SHOWN}/data.parquet",
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        script=script_file("plot_gallery"),
        code=modules("figures/style", "figures/gallery"),
    output:
        pdf=f"{FIGURES}_gallery.pdf",
        png=report(
            f"{FIGURES}_gallery.png",
            caption="../report/gallery.rst",
            category="{experiment}",
            labels={"figure": "gallery"},
        ),
    log:
        f"{LOGS}/plot_gallery.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset", "scoring"),
        detector=main_detector,
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --detector {params.detector}"
        " --data {input.data:q} --samples {input.samples:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_embedding:
    """Whether what is hallucinated lies between what is real, as the network sees it."""
    input:
        embedding=f"{SHOWN}/gen0/embedding.parquet",
        script=script_file("plot_embedding"),
        code=modules("figures/style", "figures/embedding"),
    output:
        pdf=f"{FIGURES}_embedding.pdf",
        png=report(
            f"{FIGURES}_embedding.png",
            caption="../report/embedding.rst",
            category="{experiment}",
            labels={"figure": "embedding"},
        ),
    log:
        f"{LOGS}/plot_embedding.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        config=sections("embedding"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --embedding {input.embedding:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_quality_by_generation:
    """Whether filtering before retraining slows the collapse of pictures."""
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        script=script_file("plot_quality_by_generation"),
        code=modules("figures/style", "figures/quality_by_generation", "figures/rate_by_generation"),
    output:
        pdf=f"{FIGURES}_quality_by_generation.pdf",
        png=report(
            f"{FIGURES}_quality_by_generation.png",
            caption="../report/quality_by_generation.rst",
            category="{experiment}",
            labels={"figure": "quality by generation"},
        ),
    log:
        f"{LOGS}/plot_quality_by_generation.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q}"
        " --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_shapes:
    """Hallucinations beside what the model was shown."""
    input:
        data=f"{SHOWN}/data.parquet",
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        scores=in_shards(f"{SHOWN}/gen0/scores"),
        script=script_file("plot_shapes"),
        code=modules("figures/style", "figures/shapes", "figures/gallery"),
    output:
        pdf=f"{FIGURES}_shapes.pdf",
        png=report(
            f"{FIGURES}_shapes.png",
            caption="../report/shapes.rst",
            category="{experiment}",
            labels={"figure": "shapes"},
        ),
    log:
        f"{LOGS}/plot_shapes.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        config=sections("dataset"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --data {input.data:q}"
        " --samples {input.samples:q} --scores {input.scores:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_shapes_sheet:
    """Generated pictures with what the counter says of them, to be checked by eye."""
    input:
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        scores=in_shards(f"{SHOWN}/gen0/scores"),
        script=script_file("plot_shapes_sheet"),
        code=modules("figures/style", "figures/shapes", "figures/shapes_sheet", "figures/gallery"),
    output:
        pdf=f"{FIGURES}_shapes_sheet.pdf",
        png=report(
            f"{FIGURES}_shapes_sheet.png",
            caption="../report/shapes_sheet.rst",
            category="{experiment}",
            labels={"figure": "sheet of types"},
        ),
    log:
        f"{LOGS}/plot_shapes_sheet.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        config=sections("dataset"),
    shell:
        "python {input.script:q} --config {params.config:q}"
        " --samples {input.samples:q} --scores {input.scores:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_types_by_generation:
    """Which errors grow as models train on their own pictures."""
    input:
        metrics=f"{RESULTS}/metrics.parquet",
        script=script_file("plot_types_by_generation"),
        code=modules("figures/style", "figures/types_by_generation", "figures/rate_by_generation"),
    output:
        pdf=f"{FIGURES}_types_by_generation.pdf",
        png=report(
            f"{FIGURES}_types_by_generation.png",
            caption="../report/types_by_generation.rst",
            category="{experiment}",
            labels={"figure": "types by generation"},
        ),
    log:
        f"{LOGS}/plot_types_by_generation.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q}"
        " --metrics {input.metrics:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_confusion:
    """Whether the counter of shapes can be trusted."""
    input:
        audit=f"{RESULTS}/audit.parquet",
        script=script_file("plot_confusion"),
        code=modules("figures/style", "figures/confusion"),
    output:
        pdf=f"{FIGURES}_confusion.pdf",
        png=report(
            f"{FIGURES}_confusion.png",
            caption="../report/confusion.rst",
            category="{experiment}",
            labels={"figure": "audit of the counter"},
        ),
    log:
        f"{LOGS}/plot_confusion.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    shell:
        "python {input.script:q}"
        " --audit {input.audit:q}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"


rule plot_own:
    """What a user's own function makes of the tables."""
    input:
        unpack(figure_tables),
        script=script_file("plot_own"),
        code=modules("figures/style"),
        own=lambda wildcards: registering(REGISTERED, wildcards.figure),
    output:
        pdf=f"{FIGURES}_{{figure}}.pdf",
        png=report(
            f"{FIGURES}_{{figure}}.png",
            category="{experiment}",
            labels={"figure": "{figure}"},
        ),
    log:
        f"{LOGS}/plot_{{figure}}.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        tables=figure_options,
    shell:
        "python {input.script:q} --figure {wildcards.figure} {params.tables}"
        " --png {output.png:q} --pdf {output.pdf:q} > {log:q} 2>&1"

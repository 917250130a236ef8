# Pages to look with, each one file that needs no network.


rule make_label_page:
    """Where no formula tells what is hallucinated, people do: blind to every score."""
    input:
        samples=in_shards(f"{SHOWN}/gen0/samples"),
        script=script_file("make_label_page"),
        code=modules("pages", "labels_by_eye", "streams", "frames", "tables"),
        template=str(SOURCES[0] / "pages/label.html"),
    output:
        page=f"{RESULTS}/label.html",
    log:
        f"{LOGS}/make_label_page.log",
    conda:
        "../../envs/figures.yaml"
    resources:
        mem_mb=growing(table_memory),
        runtime=growing(10),
    params:
        config=sections("dataset"),
        seed=SETTINGS.seeds[0],
    shell:
        "python {input.script:q} --config {params.config:q} --seed {params.seed}"
        " --experiment {wildcards.experiment} --samples {input.samples:q}"
        " --page {output.page:q} > {log:q} 2>&1"

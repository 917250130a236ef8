"""What a whole run makes: tables, figures and pages."""


def table_files() -> list[str]:
    """The tables of a whole run, with the resolved config beside them."""
    tables = [
        f"results/{SETTINGS.preset}/{experiment}/{name}"
        for experiment in EXPERIMENTS
        for name in ("config.yaml", "metrics.parquet", *study_tables(experiment))
    ]
    return tables + kept_files()


def kept_files() -> list[str]:
    """What filters keep where no later generation asks for it: of samples made elsewhere."""
    return [
        f"results/{SETTINGS.preset}/{experiment}/seed{SETTINGS.seeds[0]}/{name}/gen0/kept.parquet"
        for experiment, options in EXPERIMENTS.items()
        if options.origin == "samples" and options.recursion.keep
        for name in options.recursion.filters
    ]


def figure_names(experiment: str) -> list[str]:
    """The figures that an experiment can show."""
    options = EXPERIMENTS[experiment]
    later = options.dataset.later_figures if options.recursion.generations else ()
    by_eye = ("roc", "transfer") if options.labels else ()
    own = (*by_eye, *study_figures(experiment), *options.figures)
    lacking = () if options.has_scores else ("hal_histogram", "hal_sheet", "roc", "transfer")
    lacking += () if options.has_paths else ("trajectories",)
    lacking += () if options.has_bottleneck else ("embedding",)
    return [name for name in (*options.dataset.figures, *later, *own) if name not in lacking]


def showing(figure: str) -> str:
    """The experiments that can show a figure, as a pattern."""
    return "|".join(name for name in EXPERIMENTS if figure in figure_names(name)) or "(?!)"


def figure_files() -> list[str]:
    """Every figure of a whole run, as PDF and PNG."""
    return [
        f"results/{SETTINGS.preset}/figures/{experiment}_{name}.{kind}"
        for experiment in EXPERIMENTS
        for name in figure_names(experiment)
        for kind in ("pdf", "png")
    ]


def own_figures() -> list[str]:
    """The figures of a user's own that experiments of this run name."""
    return sorted({name for options in EXPERIMENTS.values() for name in options.figures})


def page_files() -> list[str]:
    """The pages of a whole run: one to explore each experiment, and one to label pictures on."""
    explorers = [
        f"results/{SETTINGS.preset}/figures/{name}_explorer.html"
        for name, options in EXPERIMENTS.items()
        if options.has_scores
    ]
    return explorers + [
        f"results/{SETTINGS.preset}/{name}/label.html"
        for name, options in EXPERIMENTS.items()
        if options.dataset.is_pictures and not options.dataset.has_labels
    ]

from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/resources.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/sampling.smk"
include: "workflow/rules/counter.smk"
include: "workflow/rules/scoring.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/studies.smk"
include: "workflow/rules/causes.smk"
include: "workflow/rules/causes_figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/claims_audit.smk"


# A picture as soon as its tables are there: of jobs alike, the scheduler takes large inputs first.
for plot in workflow.rules:
    if plot.name.startswith("plot_"):
        plot.priority = 1


rule all_figures:
    default_target: True
    input:
        figure_files(),
        table_files(),
        ledger_files(),


rule all_tables:
    input:
        table_files(),
        ledger_files(),


onstart:
    require_device()
    # Each job that ends would make Snakemake 9 choose jobs anew every second from then on, for the
    # sake of a limit that a hundred starts a second on one machine do not need.
    if workflow.local_exec:
        workflow.scheduler.job_rate_limiter = None

# `make figures` runs the main job with the quick preset; `make test` runs the tests.
# Both make .venv from requirements.lock, with the library as it stands in src; nothing else is
# needed but Python and make.
PYTHON ?= python3
PRESET ?= quick
CORES ?= all
# Made before all else, with what they need: there is soon something to look at.
FIRST := plot_density
# Tests of one file stay in one process, as they share what was run once.
IN_PARALLEL := -n auto --maxprocesses 8 --dist loadfile
# What profiles/default says of reruns, without Snakemake's line that it was read.
SNAKEMAKE := snakemake --workflow-profile none --rerun-triggers mtime params input software-env
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: figures report test test-all example explain docs bench lint format schema lock clean

figures: .venv/ready
	@PYTHONPATH=workflow $(SNAKEMAKE) --cores $(CORES) --scheduler greedy --logger mirage \
	  --rerun-incomplete --prioritize $(FIRST) --config preset=$(PRESET) -- all_figures
	@$(MAKE) --no-print-directory report
	@echo
	@echo "figures: results/$(PRESET)/figures/"
	@echo "tables:  results/$(PRESET)/*/metrics.parquet (columns: results/README.md)"
	@echo "report:  results/$(PRESET)/report.html"

report: .venv/ready
	@$(SNAKEMAKE) --config preset=$(PRESET) --quiet all --report results/$(PRESET)/report.html -- all_figures

test: .venv/ready
	python -m pytest $(IN_PARALLEL)

# Also the long ones: faults, fuzz, and a real Slurm where there is one to start
test-all: .venv/ready
	python -m pytest $(IN_PARALLEL) -m "not conda" --durations 25

# The whole idea on a page: one model, its samples, Hal, one picture
example: .venv/ready
	PYTHONPATH=src python examples/toy.py toy.png

# Where a figure or a table comes from: make explain FILE=... [NAME=a column or a metric]
explain: .venv/ready
	@PYTHONPATH=src:workflow python -m mirage explain $(FILE) $(NAME)

# The pages of docs/ and README.md as a site, with its links checked
docs: .venv-docs/ready
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs --quiet build --clean
	@.venv-docs/bin/python docs/site/check.py site
	@echo "open site/index.html"

# On an idle machine: the engine against the official algorithm, into docs/benchmark.*;
# SECTIONS="sampling training" measures a part
bench: .venv/ready
	PYTHONPATH=src:workflow:tests python -m benchmarks.bench $(if $(SECTIONS),--sections $(SECTIONS))

lint: .venv/ready
	ruff check
	ruff format --check
	mypy
	snakefmt --check Snakefile workflow/Snakefile workflow/rules
	snakemake --lint

format: .venv/ready
	ruff check --fix
	ruff format
	snakefmt Snakefile workflow/Snakefile workflow/rules

schema: .venv/ready
	PYTHONPATH=src:workflow python -m mirage_workflow.config.schema config
	PYTHONPATH=src:workflow python -m mirage_workflow.config.reference docs/config.md
	PYTHONPATH=src:workflow python -m mirage_workflow.schemas.page results/README.md

# Exact versions from the bounds, on a machine without a GPU: CUDA's packages are
# left for pip to add where they belong.
lock:
	rm -rf .venv.lock && $(PYTHON) -m venv .venv.lock
	.venv.lock/bin/pip install -q -r requirements.in
	(echo "# Made from requirements.in by 'make lock'."; \
	  .venv.lock/bin/pip freeze | sed 's/+cpu$$//; s/^triton==.*/& ; platform_system == "Linux"/') \
	  > requirements.lock
	.venv.lock/bin/python -m venv --clear .venv.lock && .venv.lock/bin/pip install -q -r requirements-docs.in
	(echo "# Made from requirements-docs.in by 'make lock'."; .venv.lock/bin/pip freeze) \
	  > requirements-docs.lock
	rm -rf .venv.lock

.venv/ready: requirements.lock
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or newer is needed')"
	@echo "setting up .venv, once: up to 3 GB of packages, and some minutes"
	rm -rf .venv && $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

.venv-docs/ready: requirements-docs.lock
	rm -rf .venv-docs && $(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install -q --disable-pip-version-check -r requirements-docs.lock
	touch $@

clean:
	rm -rf .venv .venv-docs site .snakemake results/smoke results/quick

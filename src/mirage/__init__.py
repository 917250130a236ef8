"""Mirage: hallucination in diffusion models, from training to retraining.

The science of the pipeline, importable and free of Snakemake: datasets with
exact densities, the diffusion process, samplers with observers, detectors,
filters, metrics and figures.
"""

__version__ = "0.1.0"

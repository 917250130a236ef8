"""Pydantic models of an experiment: presets merged in, unknown keys refused."""

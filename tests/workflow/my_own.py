"""A dataset, a detector, a filter, a metric and a figure of a user's own."""

import numpy as np

from mirage.datasets.gaussians import Mixture
from mirage.registry import dataset, detector, figure, filter, metric, option


@dataset("ring")
class Ring(Mixture):
    """Modes on a ring about the origin, evenly spaced."""

    number: int = option(8, at_least=2, doc="How many modes.")

    def modes(self):
        angles = 2 * np.pi * np.arange(self.number) / self.number
        return np.stack([np.cos(angles), np.sin(angles)], 1)


@detector("drift")
class Drift:
    """How far x0_hat moves over the window."""

    def update(self, x0_hat):
        self._first = getattr(self, "_first", x0_hat)
        self._last = x0_hat

    def value(self):
        return (self._last - self._first).square().flatten(1).mean(1)


@filter("near")
def near(scores, rng):
    """Keep what lies nearest to a true mode."""
    return scores["distance"]


@metric("mean_radius")
def mean_radius(samples, scores):
    """Mean distance from the origin."""
    return np.linalg.norm(samples, axis=1).mean()


@figure("radius_by_generation")
def radius_by_generation(metrics):
    """The mean radius, generation by generation."""
    from matplotlib.figure import Figure

    figure = Figure()
    radius = metrics[metrics["metric"] == "mean_radius"]
    figure.subplots().plot(radius["generation"], radius["value"], "o")
    return figure

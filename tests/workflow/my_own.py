"""A detector and a filter of a user's own."""

from mirage.registry import detector, filter


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

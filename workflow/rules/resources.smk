"""What jobs ask a cluster for: generous at first, and as much again at each later attempt."""

from mirage_workflow import needs

DAY = 24 * 60  # minutes, a usual limit; training goes on from its checkpoint after it


def growing(amount):
    """An amount, or a function of the experiment that gives one, times the attempt."""

    def resource(wildcards, attempt):
        return attempt * (amount(experiment_of(wildcards)) if callable(amount) else amount)

    return resource


def gpus(wildcards) -> int:
    """A GPU for each job that can use one; `--resources gpu=0` takes it away."""
    return 0 if SETTINGS.device == "cpu" else 1


def minutes(passes):
    """Time for a function's number of passes of one sample through the network."""

    def resource(wildcards, attempt):
        experiment = experiment_of(wildcards)
        speed = 20 if gpus(wildcards) else 1  # at the least, over one core
        taken = needs.seconds(experiment, passes(experiment)) / speed
        return min(DAY, attempt * (10 + int(taken / 60)))

    return resource

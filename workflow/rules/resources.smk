"""What jobs ask a cluster for: generous at first, and as much again at each later attempt.

The constants are twice to ten times what the jobs of the `quick` and `default` presets took
on one core of a server (their logs end with it); a job that needs more finds it in its retry.
"""

from math import prod

DAY = 24 * 60  # minutes, a usual limit; training goes on from its checkpoint after it


def growing(amount):
    """An amount, or a function of the wildcards that gives one, times the attempt."""
    return lambda wildcards, attempt: attempt * (amount(wildcards) if callable(amount) else amount)


def gpus(wildcards) -> int:
    """A GPU for each job that can use one; `--resources gpu=0` takes it away."""
    return 0 if SETTINGS.device == "cpu" else 1


def minutes(passes):
    """Time for a function's number of passes of one sample through the network."""

    def resource(wildcards, attempt):
        points = experiment_of(wildcards).network.name == "mlp"
        seconds = passes(wildcards) * widest_layer(wildcards) * (5e-8 if points else 2e-7)
        speed = 20 if gpus(wildcards) else 1  # at the least, over one core
        return min(DAY, attempt * (10 + int(seconds / speed / 60)))

    return resource


def training_passes(wildcards) -> int:
    """Forward and backward, a batch costs three passes of each of its samples."""
    training = experiment_of(wildcards).training
    return 3 * training.updates * training.batch_size


def drawing_passes(wildcards) -> int:
    """Each sample of a shard passes once at each reverse step."""
    options = experiment_of(wildcards)
    return options.reverse_steps * min(options.compute.shard_size, options.sampling.samples)


def widest_layer(wildcards) -> int:
    """Values that one sample has in the network's widest layer."""
    options = experiment_of(wildcards)
    if options.network.name == "mlp":
        return options.network.width
    return options.network.channels[0] * prod(options.dataset.shape[1:])


def training_memory(wildcards) -> int:
    """MB for the training set and a batch's activations, of some hundred layers."""
    options = experiment_of(wildcards)
    batch = options.training.batch_size * 100 * 4 * widest_layer(wildcards)
    samples = options.dataset.samples or 10_000  # a folder is counted when it is read
    samples = max(samples, options.recursion.keep or 0)
    return 1500 + (batch + samples * sample_bytes(wildcards)) // 10**6


def drawing_memory(wildcards) -> int:
    """MB to draw: no more than a block is held, without gradients."""
    block = experiment_of(wildcards).sampling.block_size
    per_sample = 20 * 4 * widest_layer(wildcards) + sample_bytes(wildcards)
    return 1500 + block * per_sample // 10**6


def shard_memory(wildcards) -> int:
    """MB to hold what is known of the samples of a shard."""
    options = experiment_of(wildcards)
    held = min(options.compute.shard_size, options.sampling.samples)
    return 1500 + held * sample_bytes(wildcards) // 10**6


def table_memory(wildcards) -> int:
    """MB to hold what is known of all samples of a generation."""
    samples = experiment_of(wildcards).sampling.samples
    return 1500 + samples * sample_bytes(wildcards) // 10**6


def scores_memory(wildcards) -> int:
    """MB to go through the scores of a generation.

    Pictures are held together; of points a shard at a time, and the hallucinated ones,
    which are one in ten at most where anything is learned.
    """
    options = experiment_of(wildcards)
    if options.network.name != "mlp":
        return table_memory(wildcards)
    samples = options.sampling.samples
    held = min(options.compute.shard_size, samples) + samples // 10
    return 1500 + held * sample_bytes(wildcards) // 10**6


def sample_bytes(wildcards) -> int:
    """Bytes of a sample and its scores in five copies of float64, as pandas may make."""
    options = experiment_of(wildcards)
    scores = len(options.detection.detectors) * (1 + len(options.detection.windows))
    return 5 * 8 * (prod(options.dataset.shape) + scores + 10)

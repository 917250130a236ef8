"""What jobs need of a machine, from their experiment: memory in MB, work in passes of a sample.

The constants are twice to ten times what the jobs of the `quick` and `default` presets took
on one core of a server (their logs end with it); a job that needs more finds it in its retry.
"""

from math import prod

from mirage.elsewhere import Array
from mirage_workflow.config.experiment import Experiment


def seconds(experiment: Experiment, passes: int) -> float:
    """Of one core, for so many passes of one sample through the network."""
    points = len(experiment.dataset.shape) == 1
    return passes * widest_layer(experiment) * (5e-8 if points else 2e-7)


def training_passes(experiment: Experiment) -> int:
    """Forward and backward, a batch costs three passes of each of its samples."""
    return 3 * experiment.learning.updates * experiment.learning.batch_size


def drawing_passes(experiment: Experiment) -> int:
    """Each sample of a shard passes once at each reverse step."""
    return experiment.reverse_steps * in_a_shard(experiment)


def in_a_shard(experiment: Experiment) -> int:
    """Samples of a shard."""
    return min(experiment.compute.shard_size, experiment.sampling.samples)


def widest_layer(experiment: Experiment) -> int:
    """Values that one sample has in the network's widest layer."""
    network = experiment.network
    if network.name == "mlp":
        return network.width
    channels = 128 if network.name == "pipeline" else network.channels[0]  # as Ho et al. (2020)
    return channels * prod(experiment.dataset.shape[1:])


def training_memory(experiment: Experiment) -> int:
    """For the training set and a batch's activations, of some hundred layers."""
    batch = experiment.learning.batch_size * 100 * 4 * widest_layer(experiment)
    # A folder is counted when it is read; where nothing is real, there are none.
    samples = getattr(experiment.dataset, "samples", None) or 10_000
    samples = max(samples, experiment.recursion.keep or 0)
    return 1500 + (batch + samples * sample_bytes(experiment)) // 10**6


def drawing_memory(experiment: Experiment) -> int:
    """To draw: no more than a block is held, without gradients; or to read a block's paths."""
    if experiment.origin == "samples":
        paths = experiment.samples.paths
        steps = Array(paths, "x0_hat").shape[1] if paths else 1
        values = experiment.sampling.block_size * steps * prod(experiment.dataset.shape)
        return shard_memory(experiment) + 3 * 4 * values // 10**6
    per_sample = 20 * 4 * widest_layer(experiment) + sample_bytes(experiment)
    return 1500 + experiment.sampling.block_size * per_sample // 10**6


def shard_memory(experiment: Experiment) -> int:
    """To hold what is known of the samples of a shard."""
    return 1500 + in_a_shard(experiment) * sample_bytes(experiment) // 10**6


def table_memory(experiment: Experiment) -> int:
    """To hold what is known of all samples of a generation."""
    return 1500 + experiment.sampling.samples * sample_bytes(experiment) // 10**6


def scores_memory(experiment: Experiment) -> int:
    """To go through the scores of a generation.

    Pictures are held together; of points a shard at a time, and the hallucinated ones,
    which are one in ten at most where anything is learned.
    """
    if experiment.dataset.is_pictures:
        return table_memory(experiment)
    held = in_a_shard(experiment) + experiment.sampling.samples // 10
    return 1500 + held * sample_bytes(experiment) // 10**6


def sample_bytes(experiment: Experiment) -> int:
    """Bytes of a sample and its scores in five copies of float64, as pandas may make."""
    detection = experiment.detection
    scores = len(detection.detectors) * (1 + len(detection.windows))
    return 5 * 8 * (prod(experiment.dataset.shape) + scores + 10)

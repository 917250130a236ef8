"""What an experiment's sections must be to each other, where each by itself is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirage.metrics.spacing import SpacingError, require_spacing
from mirage.registry import DETECTORS
from mirage_workflow.config.recipe import Linear, Sampling
from mirage_workflow.process import schedule_of

if TYPE_CHECKING:
    from mirage_workflow.config.experiment import Experiment
    from mirage_workflow.config.judging import Following, Handover
    from mirage_workflow.config.section import Section

LEAST_ABAR = 1e-6
"""At which float32 still tells x_0 from x_t to a part in ten thousand."""


def require_consistent(experiment: Experiment) -> None:
    """Refuse sections that do not go together.

    Raises:
        ValueError: beginning with the key that is wrong.
    """
    _check_origin(experiment)
    _check_learned_schedule(experiment)
    _check_network(experiment)
    _check_times(experiment)
    _check_variance(experiment)
    _check_endpoint(experiment)
    _check_detectors(experiment)
    _check_recursion(experiment)
    _check_studies(experiment)
    _check_shards(experiment)
    _check_labels(experiment)


def _check_origin(experiment: Experiment) -> None:
    """Samples come from a network that is trained here, a pipeline, or elsewhere."""
    if experiment.samples:
        return _check_samples(experiment)
    if not experiment.detection.detectors:
        raise ValueError("detection.detectors: found none; allowed: at least 1")
    if experiment.network is None:
        raise ValueError("network: field required, or `samples` made elsewhere")
    if experiment.network.name == "pipeline":
        return _check_pipeline(experiment)
    if experiment.training is None:
        raise ValueError("training: field required")
    if experiment.finetune:
        raise ValueError("finetune: only of a pipeline; allowed here: `training`, from scratch")


def _check_pipeline(experiment: Experiment) -> None:
    recursion, sampling = experiment.recursion, experiment.sampling
    if sampling.steps is None:
        raise ValueError("sampling.steps: needed where a pipeline draws: found null")
    own = {"samples", "steps", "block_size"}
    _refuse_said("sampling", sampling, Sampling(**sampling.model_dump(include=own)))
    _refuse_said("diffusion", experiment.diffusion, Linear())
    if experiment.training and experiment.finetune:
        raise ValueError("finetune: found `training` too; allowed: one of the two")
    if recursion.generations and not (experiment.training or experiment.finetune):
        raise ValueError(
            f"recursion.generations: found {recursion.generations}, not how they are trained; "
            "allowed: with `finetune`, to go on, or `training`, from scratch"
        )


def _refuse_said(key: str, found: Section, default: Section) -> None:
    """Refuse what the pipeline's own scheduler decides."""
    for name, value in found:
        if value != getattr(default, name):
            raise ValueError(
                f"{key}.{name}: a pipeline has its own scheduler: found {value!r}; "
                "allowed: nothing (`sizes: pipeline` says what else it takes)"
            )


def _check_samples(experiment: Experiment) -> None:
    if experiment.network:
        raise ValueError("samples: found a `network` too; allowed: one of the two")
    if experiment.dataset.is_pictures != (experiment.samples.folder is not None):
        wanted = "folder" if experiment.dataset.is_pictures else "points"
        raise ValueError(f"samples.{wanted}: needed, as of {experiment.dataset.name}: found null")
    if experiment.recursion.generations:
        raise ValueError(
            f"recursion.generations: found {experiment.recursion.generations}, and samples made "
            "elsewhere have no model to retrain; allowed: 0"
        )
    if experiment.replicates not in (None, 1):
        raise ValueError(
            f"replicates: samples made elsewhere are there once: found {experiment.replicates}"
        )
    if experiment.scoring.window == "auto":
        raise ValueError("scoring.window: 'auto' needs the noise of a network trained here")
    if not experiment.samples.are_scored:
        for name in set(experiment.recursion.filters) & DETECTORS.keys():
            raise ValueError(f"recursion.filters: {name!r} needs samples.paths or samples.scores")


def _check_learned_schedule(experiment: Experiment) -> None:
    """Nothing may rest on its times, which are not known before."""
    if experiment.diffusion.name != "learned" or experiment.origin != "network":
        return
    if experiment.dataset.is_pictures:
        raise ValueError(
            f"diffusion.name: 'learned' is of points: found {experiment.dataset.name}; "
            "allowed: linear, cosine, given"
        )
    times = {
        "sampling.start": experiment.sampling.start,
        "training.time_focus": experiment.training.time_focus,
    }
    for key, value in times.items():
        if value is not None:
            raise ValueError(
                f"{key}: no time of a learned schedule is known before it is learned; allowed: null"
            )
    if experiment.scoring.window == "auto":
        raise ValueError(
            "scoring.window: 'auto' needs a schedule that is known before: found "
            "diffusion.name 'learned'"
        )


def _check_network(experiment: Experiment) -> None:
    if experiment.network is None:
        return
    wanted = ("unet", "pipeline") if experiment.dataset.is_pictures else ("mlp",)
    if experiment.network.name not in wanted:
        raise ValueError(
            f"network.name: {experiment.dataset.name} needs {' or '.join(map(repr, wanted))}: "
            f"found {experiment.network.name!r}"
        )
    if experiment.network.name == "unet":
        halvings, patch = len(experiment.network.channels) - 1, experiment.network.patch
        if experiment.dataset.shape[-1] % (patch * 2**halvings):
            raise ValueError(
                f"network: {experiment.dataset.shape[-1]} pixels cannot be cut into patches of "
                f"{patch} and halved {halvings} times (network.patch, network.channels)"
            )
        _check_prediction(experiment)


def _check_prediction(experiment: Experiment) -> None:
    """float32 holds seven digits, and x_0 shrinks by the root of abar."""
    left = schedule_of(experiment).alphas_cumprod[-1]
    if experiment.network.prediction == "v_prediction" and left < LEAST_ABAR:
        raise ValueError(
            f"network.prediction: 'v_prediction' needs abar of at least {LEAST_ABAR:g} at the "
            f"last time: found {left:.1e}; lower diffusion.beta_end, or take another schedule"
        )


def _check_times(experiment: Experiment) -> None:
    if not experiment.samples:  # whose steps stand in their file
        _check_steps(experiment)
    _check_window(experiment)


def _check_steps(experiment: Experiment) -> None:
    if experiment.origin == "network":
        _check_walk(experiment)
    steps, kept = experiment.reverse_steps, experiment.trajectories.steps
    for first, last in experiment.detection.windows:
        if last >= steps:
            raise ValueError(
                f"detection.windows: [{first}, {last}] is longer than the trajectory of "
                f"{steps} steps; T2 may be at most {steps - 1}"
            )
    if kept is not None and kept > steps:
        raise ValueError(f"trajectories.steps: the trajectory has {steps} steps: found {kept}")
    window, most = experiment.trajectories.window, kept or steps
    if window is not None and not window[0] < window[1] < most:
        raise ValueError(
            f"trajectories.window: found {[*window]}, of {most} steps kept; "
            f"allowed: [first, last] with first < last < {most}"
        )


def _check_window(experiment: Experiment) -> None:
    window, windows = experiment.scoring.window, experiment.detection.windows
    if window == "auto" and not experiment.dataset.has_modes:
        raise ValueError(
            f"scoring.window: 'auto' needs modes, which {experiment.dataset.name} lacks"
        )
    if window not in ("auto", *windows):
        allowed = ", ".join(str(list(window)) for window in windows)
        raise ValueError(
            f"scoring.window: {list(window)} is not among detection.windows; allowed: {allowed}"
        )


def _check_walk(experiment: Experiment) -> None:
    """What only a walk of our own has."""
    timesteps, start = experiment.diffusion.timesteps, experiment.start
    if start >= timesteps:
        raise ValueError(f"sampling.start must be below timesteps: found {start}, {timesteps}")
    if experiment.reverse_steps > start + 1:
        raise ValueError(
            f"sampling.steps: at most {start + 1} times lie at or below start: "
            f"found {experiment.sampling.steps}"
        )
    if experiment.sampling.ddpm_tail > experiment.reverse_steps:
        raise ValueError(
            f"sampling.ddpm_tail must be at most the {experiment.reverse_steps} reverse steps: "
            f"found {experiment.sampling.ddpm_tail}"
        )
    if experiment.dataset.is_pictures and experiment.embedding.t >= timesteps:
        raise ValueError(
            f"embedding.t must be below timesteps: found {experiment.embedding.t}, {timesteps}"
        )
    focus = experiment.training.time_focus
    if focus and focus.below > timesteps:
        raise ValueError(
            f"training.time_focus.below must be at most {timesteps}: found {focus.below}"
        )
    if focus and focus.share == 1 and start >= focus.below:
        raise ValueError(
            f"sampling.start: t = {start} is never trained, as training.time_focus draws "
            f"every time below {focus.below}"
        )


def _check_variance(experiment: Experiment) -> None:
    if experiment.sampling.variance == "optimal" and not experiment.dataset.has_modes:
        raise ValueError(
            f"sampling.variance: 'optimal' needs modes, which {experiment.dataset.name} lacks; "
            "allowed: fixed_large, fixed_small"
        )


def _check_endpoint(experiment: Experiment) -> None:
    if experiment.scoring.endpoint and experiment.dataset.has_modes:
        try:
            require_spacing(experiment.dataset.mixture, experiment.scoring.radius)
        except SpacingError as error:
            raise ValueError(
                f"scoring.endpoint: {error}; with `endpoint: false` there are the published "
                "labels alone"
            ) from None


def _check_detectors(experiment: Experiment) -> None:
    dataset = experiment.dataset
    for name in () if dataset.is_pictures else experiment.detection.detectors:
        if getattr(DETECTORS.get(name), "pictures", False):
            raise ValueError(
                f"detection.detectors: {name!r} is of pictures, which {dataset.name} lacks"
            )


def _check_recursion(experiment: Experiment) -> None:
    recursion, dataset = experiment.recursion, experiment.dataset
    drawn = experiment.sampling.samples
    if recursion.keep is not None and recursion.keep > drawn:
        raise ValueError(
            f"recursion.keep: more kept than drawn: found {recursion.keep}, "
            f"sampling.samples is {drawn}"
        )
    every = [*recursion.filters, *recursion.shown]
    if "oracle" in every and not experiment.has_labels:
        raise ValueError(
            f"recursion.filters: 'oracle' needs true labels, which {dataset.name} lacks; "
            "allowed: with `labels` given by eye"
        )
    if recursion.refitted and not dataset.has_modes:
        raise ValueError(f"recursion.refitted: only of a mixture, which {dataset.name} is not")
    for name in every:
        if name in DETECTORS and name not in experiment.detection.detectors:
            raise ValueError(f"recursion.filters: {name!r} is not among detection.detectors")


def _check_studies(experiment: Experiment) -> None:
    for name in ("causes", "sweeps"):
        if getattr(experiment, name) and experiment.samples:
            raise ValueError(f"{name}: only of a network trained here, not of `samples`")
        if getattr(experiment, name) and not experiment.dataset.has_modes:
            raise ValueError(f"{name}: only of a mixture, which {experiment.dataset.name} is not")
    if experiment.causes and experiment.causes.few_steps > experiment.start + 1:
        raise ValueError(
            f"causes.few_steps must be at most the {experiment.start + 1} times at or below "
            f"sampling.start: found {experiment.causes.few_steps}"
        )
    if experiment.following:
        _check_following(experiment, experiment.following)
    if experiment.handover:
        _check_handover(experiment, experiment.handover)


def _check_following(experiment: Experiment, following: Following) -> None:
    if not (experiment.dataset.has_labels or "reference" in experiment.dataset.needs):
        raise ValueError(
            "following: needs true labels, or pictures that are compared with real ones, "
            f"which {experiment.dataset.name} lacks"
        )
    if experiment.origin != "network":
        raise ValueError(f"following: only of a network trained here, not of {experiment.origin}")
    if max(following.updates) > experiment.training.updates:
        raise ValueError(
            f"following.updates: training has {experiment.training.updates} updates: "
            f"found {max(following.updates)}"
        )


def _check_handover(experiment: Experiment, handover: Handover) -> None:
    truth = getattr(experiment.dataset, "distribution", None)
    if truth is None or "audit" not in experiment.dataset.needs:
        raise ValueError(f"handover: only of shapes, which {experiment.dataset.name} are not")
    if experiment.origin != "network":
        raise ValueError(f"handover: only of a network trained here, not of {experiment.origin}")
    if truth.presence == 1:
        raise ValueError("handover: no columns are coupled where dataset.presence is 1")
    left = schedule_of(experiment).alphas_cumprod[experiment.start]
    if left < LEAST_ABAR:
        raise ValueError(
            f"handover: needs abar of at least {LEAST_ABAR:g} at the first time, "
            f"{experiment.start}, below which x0_hat is lost to rounding: found {left:.1e}"
        )
    first, *later = experiment.times
    taken = [max((t for t in later if t <= at), default=None) for at in handover.times]
    if None in taken or max(handover.times) >= first:
        raise ValueError(
            f"handover.times must be from {min(later, default=first)} to {first - 1}, within "
            f"the times of the walk: found {handover.times}"
        )
    if len(set(taken)) < len(taken):
        raise ValueError(
            f"handover.times: two of {handover.times} are one time of the walk, which has "
            f"{', '.join(str(t) for t in sorted(later))}"
        )


def _check_shards(experiment: Experiment) -> None:
    shard, block = experiment.compute.shard_size, experiment.sampling.block_size
    if shard % block:
        raise ValueError(
            f"compute.shard_size must be a multiple of sampling.block_size, {block}: found {shard}"
        )


def _check_labels(experiment: Experiment) -> None:
    """People label one generation of one seed."""
    if experiment.labels and experiment.dataset.has_labels:
        raise ValueError(f"labels: {experiment.dataset.name} has true ones; allowed: none by eye")
    recursion, replicates = experiment.recursion, experiment.replicates
    if not experiment.labels or "oracle" not in [*recursion.filters, *recursion.shown]:
        return
    if recursion.generations > 1 or (replicates != 1 and not experiment.samples):
        raise ValueError(
            "recursion.filters: 'oracle' has labels by eye of generation 0 of one seed: "
            f"found {recursion.generations} generations and replicates {replicates}; "
            "allowed: 1 and 1"
        )

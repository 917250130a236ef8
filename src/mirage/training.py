"""One training loop for every network, resumable at any checkpoint.

Everything random in an update is drawn from a stream of its own, so a resumed run
ends with the weights of an unbroken one.
"""

import json
import logging
import math
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn
from tqdm import tqdm

from mirage import engine, tensors
from mirage.diffusion import Schedule
from mirage.rng import numpy_rng, torch_rng

log = logging.getLogger(__name__)


class DivergenceError(RuntimeError):
    """The loss is not finite, or far above that of predicting no noise at all."""


@dataclass(frozen=True)
class TimeFocus:
    """Draw a share of the training times from where the signal is not yet gone."""

    below: int
    """The focused times are 0 <= t < below."""
    share: float
    """Share of the times drawn from there; the rest is uniform over all T."""


@dataclass(frozen=True)
class TrainingOptions:
    """How a network is trained, with Adam."""

    updates: int
    """Optimiser steps."""
    batch_size: int
    """Samples in each step."""
    learning_rate: float = 1e-3
    """Adam's step size at the start."""
    learning_rate_schedule: str = "constant"
    """`constant`, or `cosine`, which falls to zero over the updates."""
    ema_decay: float | None = None
    """Decay of the weights' moving average that is sampled from; None for none."""
    time_focus: TimeFocus | None = None
    """Where training times are drawn; None for uniformly."""
    precision: str = "float32"
    """Of the large matrix products; `bfloat16` where the processor multiplies it."""
    checkpoint_every: int = 1000
    """Updates between checkpoints."""


class Trainer:
    """Trains a network to predict noise (Ho et al. 2020, algorithm 1).

    Args:
        model: the network, on its device.
        data: the training samples: [n, *sample], on the same device.
        schedule: the forward process.
        options: how to train.
        seed, generation: name the random streams.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Tensor,
        schedule: Schedule,
        options: TrainingOptions,
        seed: int = 0,
        generation: int = 0,
    ) -> None:
        self.model, self.data, self.schedule, self.options = model, data, schedule, options
        self._key = (seed, "train", generation)
        self.loss = engine.for_training(model, options.precision, data.device.type, options.updates)
        self.optimizer = torch.optim.Adam(model.parameters(), options.learning_rate, fused=True)
        self.ema = deepcopy(model).requires_grad_(False) if options.ema_decay else None
        self._weights = list(model.parameters())
        self._averages = list(self.ema.parameters()) if self.ema else []
        self.update = 0
        self.losses = torch.full((options.updates,), math.nan, device=data.device)

    def run(
        self,
        checkpoint: Path | None = None,
        fingerprint: str = "",
        observe: Callable[[int], None] | None = None,
    ) -> None:
        """Train to the end, from `checkpoint` if it holds a part of this very run.

        Args:
            checkpoint: file written every `checkpoint_every` updates; None for a run that
                is short enough to begin anew.
            fingerprint: names the run; a checkpoint of another is never resumed from.
            observe: called after each update with the number done.

        Raises:
            DivergenceError: when the loss is not finite or above ten times that of
                predicting zero, or a weight is not finite. No later checkpoint is written.
            SystemExit: with code 143 after a SIGTERM, once the checkpoint, if any, is written.
        """
        if checkpoint:
            self._resume(checkpoint, fingerprint)
        self.model.train()
        progress = tqdm(
            range(self.update, self.options.updates),
            "training",
            initial=self.update,
            total=self.options.updates,
            mininterval=10,
        )
        batches = self._batches(self.update)
        with _noting_sigterm() as asked_to_end:
            for self.update in progress:
                self.losses[self.update] = self._step(next(batches))
                done, end = self.update + 1, asked_to_end()
                last = done == self.options.updates
                save = (end or done % self.options.checkpoint_every == 0) and not last
                if save or last or done % 100 == 0:
                    progress.set_postfix(loss=f"{self._recent_loss(done):.4f}", refresh=False)
                if save or last:
                    self._check_weights(done)
                if save and checkpoint:
                    self._save(checkpoint, fingerprint, done)
                    log.info("checkpoint after %d updates", done)
                if save and end:
                    log.warning("asked to end after %d of %d updates", done, self.options.updates)
                    raise SystemExit(128 + signal.SIGTERM)
                if observe:
                    observe(done)

    def weights(self) -> dict[str, Tensor]:
        """The weights to sample from: the moving average where there is one."""
        trained = self.ema or self.model
        return {name: value.detach().cpu() for name, value in trained.state_dict().items()}

    def learning_rate(self, update: int) -> float:
        """The step size of an update."""
        share = update / self.options.updates
        cosine = self.options.learning_rate_schedule == "cosine"
        return self.options.learning_rate * ((1 + math.cos(math.pi * share)) / 2 if cosine else 1)

    def _step(self, batch: Tensor) -> Tensor:
        rng = torch_rng(*self._key, block=self.update, device=self.data.device.type)
        t = draw_times(len(batch), len(self.schedule.betas), self.options.time_focus, rng)
        eps = torch.randn(batch.shape, generator=rng, device=batch.device)
        x_t = self.schedule.add_noise(batch, t, eps)
        loss = self.loss(x_t, t, eps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate(self.update)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        if self.ema:  # which starts at the weights after the first update
            decay = self.options.ema_decay if self.update else 0.0
            get_ema_multi_avg_fn(decay)(self._averages, self._weights, self.update)
        return loss.detach()

    def _batches(self, update: int) -> Iterator[Tensor]:
        """Shuffled passes over the data, one after the other, cut into batches."""
        n, size = len(self.data), self.options.batch_size
        epoch, skip = divmod(update * size, n)
        pending = self._permutation(epoch)[skip:]
        while True:
            while len(pending) < size:
                epoch += 1
                pending = torch.cat([pending, self._permutation(epoch)])
            yield self.data[pending[:size]]
            pending = pending[size:]

    def _permutation(self, epoch: int) -> Tensor:
        seed, _, generation = self._key
        order = numpy_rng(seed, "shuffle", generation, epoch).permutation(len(self.data))
        return torch.from_numpy(order).to(self.data.device)

    def _recent_loss(self, done: int) -> float:
        recent = self.losses[max(0, done - 100) : done].mean().item()
        if not recent < 10:
            raise DivergenceError(
                f"training diverged by update {done}: the mean loss of the last 100 updates is "
                f"{recent:.3g}, where predicting no noise gives 1; lower training.learning_rate"
            )
        return recent

    def _check_weights(self, done: int) -> None:
        if not all(weight.isfinite().all() for weight in self.model.parameters()):
            raise DivergenceError(
                f"training diverged by update {done}: a weight is not finite; "
                "lower training.learning_rate"
            )

    def _save(self, path: Path, fingerprint: str, done: int) -> None:
        state = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        if self.ema:
            state |= {f"ema.{name}": value for name, value in self.ema.state_dict().items()}
        for index, adam in self.optimizer.state_dict()["state"].items():
            state |= {f"adam.{index}.{name}": value for name, value in adam.items()}
        state["losses"] = self.losses
        tensors.write(path, state, {"fingerprint": fingerprint, "update": json.dumps(done)})

    def _resume(self, path: Path, fingerprint: str) -> None:
        """Go on from a checkpoint of this very run.

        A damaged one, and one of another config, data or code, is left for the next
        checkpoint to replace: whoever edits a recipe and runs again wants the new one.
        """
        if not path.exists():
            return
        try:
            state, metadata = tensors.read(path)
        except tensors.TensorFileError as error:
            log.warning("%s is damaged (%s): training starts anew", path, error.reason)
            return
        if metadata.get("fingerprint") != fingerprint:
            log.warning(
                "%s is refused, as it is of another run (config, data or code differ): "
                "training starts anew",
                path,
            )
            return
        self.model.load_state_dict(_under(state, "model."))
        if self.ema:
            self.ema.load_state_dict(_under(state, "ema."))
        optimizer = self.optimizer.state_dict()
        for index in optimizer["param_groups"][0]["params"]:
            optimizer["state"][index] = _under(state, f"adam.{index}.")
        self.optimizer.load_state_dict(optimizer)
        self.losses = state["losses"].to(self.losses.device)
        self.update = json.loads(metadata["update"])
        log.info("resuming after %d updates", self.update)


def train(
    network: nn.Module, data: Tensor | np.ndarray, schedule: Schedule, seed: int = 0, **options
) -> nn.Module:
    """Train a network to predict noise, and give it the weights that are sampled from.

    Args:
        network: on its device.
        data: [n, *sample].
        schedule: the forward process.
        seed: of all that is drawn in training; initial weights are the network's own.
        options: as for `TrainingOptions`.

    Returns:
        The network, no longer trainable.

    Raises:
        DivergenceError: as the trainer does.
    """
    device = next(network.parameters()).device
    data = torch.as_tensor(data).to(device)
    trainer = Trainer(network, data, schedule, TrainingOptions(**options), seed)
    trainer.run()
    network.load_state_dict(trainer.weights())
    return network.eval().requires_grad_(False)


@contextmanager
def _noting_sigterm() -> Iterator[Callable[[], bool]]:
    """Within the block SIGTERM ends nothing; what this yields says whether one came."""
    came = []
    before = signal.signal(signal.SIGTERM, lambda *_: came.append(True))
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(signal.SIGTERM, before)


def draw_times(n: int, timesteps: int, focus: TimeFocus | None, rng: torch.Generator) -> Tensor:
    """Draw n training times: integers [n], uniform or with a share below a focus."""
    t = torch.randint(timesteps, (n,), generator=rng, device=rng.device)
    if focus is None:
        return t
    focused = torch.randint(focus.below, (n,), generator=rng, device=rng.device)
    chosen = torch.rand(n, generator=rng, device=rng.device) < focus.share
    return torch.where(chosen, focused, t)


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }

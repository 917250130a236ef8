"""The U-Net of a saved pipeline as a network to be trained here, with its own noise."""

from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from mirage.diffusion import Schedule
from mirage.hooks.saved import PipelineError, Saved
from mirage.networks.unet import NoiseUNet

LEAST_ABAR = 1e-10
"""Where not the noise is computed: at which float32's rounding of it is a hundredth of x_0."""


def schedule_of(folder: Path) -> Schedule:
    """The forward process of a pipeline's scheduler."""
    saved = Saved(folder)
    saved.require_trainable()
    kind: Any = getattr(diffusers, saved.parts["scheduler"])
    scheduler = kind.from_pretrained(folder / "scheduler", local_files_only=True)
    return Schedule(scheduler.betas.double().numpy())


def network_of(folder: Path, trained: bool) -> NoiseUNet:
    """A pipeline's U-Net, which tells the noise whatever it computes.

    Args:
        folder: where the pipeline was saved.
        trained: whether with its weights, or with initial ones from PyTorch's global stream.

    Raises:
        PipelineError: if it cannot be trained.
    """
    schedule, saved = schedule_of(folder), Saved(folder)
    kind: Any = diffusers.UNet2DModel
    if trained:
        unet = kind.from_pretrained(folder / "unet", local_files_only=True)
    else:
        unet = kind.from_config(saved.unet)
    prediction = saved.scheduler["prediction_type"]
    if prediction == "epsilon":
        return NoiseUNet(unet, 1)
    last = schedule.alphas_cumprod[-1]
    if last < LEAST_ABAR:
        raise PipelineError(
            f"{folder} cannot be trained: with {prediction} abar must be at least "
            f"{LEAST_ABAR:g} at the last time: found {last:.1e}"
        )
    abars = torch.tensor(schedule.alphas_cumprod, dtype=torch.float32)
    return NoiseUNet(unet, 1, abars, prediction)


def to_pipeline(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights of such a network as the pipeline's own U-Net names them."""
    return {name.removeprefix("unet."): value for name, value in weights.items()}

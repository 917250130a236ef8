"""Pipelines of diffusers, untrained and small enough to draw from in a test."""

from pathlib import Path

import diffusers
import torch

SCHEDULERS = [
    "DDPMScheduler",
    "DDIMScheduler",
    "EulerDiscreteScheduler",
    "DPMSolverMultistepScheduler",
]


def unet(channels: int = 1, size: int = 8) -> diffusers.UNet2DModel:
    torch.manual_seed(0)
    return diffusers.UNet2DModel(
        sample_size=size,
        in_channels=channels,
        out_channels=channels,
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
    )


def save_unconditional(folder: Path, scheduler: str = "DDPMScheduler", **config) -> Path:
    kind = diffusers.DDIMPipeline if scheduler == "DDIMScheduler" else diffusers.DDPMPipeline
    kind(unet(), getattr(diffusers, scheduler)(**config)).save_pretrained(folder)
    return folder


def save_latent(folder: Path, scheduler: str = "DDIMScheduler", **config) -> Path:
    torch.manual_seed(1)
    vqvae = diffusers.VQModel(
        in_channels=3, out_channels=3, block_out_channels=(8,), norm_num_groups=4, latent_channels=3
    )
    pipeline = diffusers.LDMPipeline(vqvae, unet(3), getattr(diffusers, scheduler)(**config))
    pipeline.save_pretrained(folder)
    return folder

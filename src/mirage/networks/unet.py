"""A U-Net for pictures: diffusers' UNet2DModel."""

from collections.abc import Sequence
from typing import Any

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn import functional as F

from mirage.diffusion import Schedule

BATCH_SIZE = 100
"""Pictures that go through together when they are only looked at."""


class NoiseUNet(nn.Module):
    """UNet2DModel with this package's calling convention. x: [batch, c, h, w].

    Patches of pixels become channels on the way in, and pixels again on the way out
    (pixel shuffle, Shi et al. 2016).

    Args:
        unet: a UNet2DModel that computes the noise, v or x_0.
        patch: pixels a side.
        alphas_cumprod: abar by t where the U-Net computes something else than the noise: [T].
        prediction: what it computes then, `v_prediction` or `sample`, which is x_0.
    """

    alphas_cumprod: Tensor | None

    def __init__(
        self,
        unet: nn.Module,
        patch: int,
        alphas_cumprod: Tensor | None = None,
        prediction: str = "v_prediction",
    ) -> None:
        super().__init__()
        self.unet, self.patch, self.prediction = unet, patch, prediction
        self.register_buffer("alphas_cumprod", alphas_cumprod, persistent=False)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x_t: [batch, c, h, w]."""
        patches = F.pixel_unshuffle(x, self.patch)
        output = self.unet(patches, t, return_dict=False)[0]
        output = F.pixel_shuffle(output, self.patch).to(x.dtype)
        if self.alphas_cumprod is None:
            return output
        abar = self.alphas_cumprod[t].reshape(-1, 1, 1, 1)
        if self.prediction == "sample":
            return (x - abar.sqrt() * output) / (1 - abar).sqrt()
        return abar.sqrt() * output + (1 - abar).sqrt() * x

    def loss_weight(self, t: Tensor) -> Tensor:
        """What makes a squared error of the noise one of what is computed: [batch, 1, 1, 1]."""
        if self.alphas_cumprod is None:
            return torch.ones(len(t), 1, 1, 1, device=t.device)
        abar = self.alphas_cumprod[t].reshape(-1, 1, 1, 1)
        return (1 - abar) / abar if self.prediction == "sample" else 1 / abar


def build_unet(
    shape: tuple[int, ...],
    schedule: Schedule,
    channels: Sequence[int] = (16, 32, 32),
    layers_per_block: int = 1,
    attention: bool = False,
    patch: int = 1,
    prediction: str = "epsilon",
) -> NoiseUNet:
    """An untrained U-Net for pictures, with group norm of 8 groups.

    Args:
        shape: of a picture, (c, h, w).
        schedule: the forward process.
        channels: of each resolution, finest first; multiples of 8.
        layers_per_block: residual layers at each resolution.
        attention: self-attention at every resolution but the finest.
        patch: pixels a side of the patches that the network sees as one.
        prediction: what it computes, `epsilon` or `v_prediction`; either way the noise is told.
    """
    deeper = len(channels) - 1
    kind = "Attn" if attention else ""
    unet: Any = UNet2DModel(
        sample_size=shape[-1] // patch,
        in_channels=shape[0] * patch**2,
        out_channels=shape[0] * patch**2,
        block_out_channels=tuple(channels),
        layers_per_block=layers_per_block,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", *[f"{kind}DownBlock2D"] * deeper),
        up_block_types=(*[f"{kind}UpBlock2D"] * deeper, "UpBlock2D"),
        add_attention=attention,
    )
    computes_v = prediction == "v_prediction"
    abars = torch.tensor(schedule.alphas_cumprod, dtype=torch.float32) if computes_v else None
    return NoiseUNet(unet, patch, abars)


@torch.inference_mode()
def bottleneck(network: NoiseUNet, x: Tensor, t: Tensor) -> Tensor:
    """The activation of the middle block, all channels at all places: [batch, channels * places].

    It is where pictures are edited by their meaning in Kwon et al. (2023), "Diffusion models
    already have a semantic latent space". Places are kept: their mean does not tell where in
    a picture something is. x: [batch, c, h, w]; t: [batch].
    """
    activations = []
    hook = network.unet.get_submodule("mid_block").register_forward_hook(
        lambda module, inputs, output: activations.append(output.float().flatten(1))
    )
    try:
        for pictures, times in zip(x.split(BATCH_SIZE), t.split(BATCH_SIZE), strict=True):
            network(pictures, times)
    finally:
        hook.remove()
    return torch.cat(activations)

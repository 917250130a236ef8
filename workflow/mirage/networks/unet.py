"""A U-Net for pictures: diffusers' UNet2DModel, sized by the config."""

import torch
from diffusers import UNet2DModel
from torch import Tensor, nn
from torch.nn import functional as F

from mirage.config.experiment import UNet

BATCH_SIZE = 100
"""Pictures that go through together when they are only looked at."""


class NoiseUNet(nn.Module):
    """UNet2DModel with this package's calling convention. x: [batch, c, h, w].

    Patches of pixels become channels on the way in, and pixels again on the way out
    (pixel shuffle, Shi et al. 2016).
    """

    def __init__(self, unet: UNet2DModel, patch: int) -> None:
        super().__init__()
        self.unet, self.patch = unet, patch

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x_t: [batch, c, h, w]."""
        patches = F.pixel_unshuffle(x, self.patch)
        eps_hat = self.unet(patches, t, return_dict=False)[0]
        return F.pixel_shuffle(eps_hat, self.patch).to(x.dtype)


def build_unet(options: UNet, shape: tuple[int, ...]) -> NoiseUNet:
    """An untrained U-Net for pictures of a shape (c, h, w), with group norm of 8 groups."""
    deeper = len(options.channels) - 1
    kind = "Attn" if options.attention else ""
    unet = UNet2DModel(
        sample_size=shape[-1] // options.patch,
        in_channels=shape[0] * options.patch**2,
        out_channels=shape[0] * options.patch**2,
        block_out_channels=tuple(options.channels),
        layers_per_block=options.layers_per_block,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", *[f"{kind}DownBlock2D"] * deeper),
        up_block_types=(*[f"{kind}UpBlock2D"] * deeper, "UpBlock2D"),
        add_attention=options.attention,
    )
    return NoiseUNet(unet, options.patch)


@torch.inference_mode()
def bottleneck(network: NoiseUNet, x: Tensor, t: Tensor) -> Tensor:
    """The activation of the middle block, averaged over space: [batch, channels].

    It is where pictures are edited by their meaning in Kwon et al. (2023), "Diffusion models
    already have a semantic latent space". x: [batch, c, h, w]; t: [batch].
    """
    means = []
    hook = network.unet.mid_block.register_forward_hook(
        lambda module, inputs, output: means.append(output.float().mean((2, 3)))
    )
    try:
        for pictures, times in zip(x.split(BATCH_SIZE), t.split(BATCH_SIZE), strict=True):
            network(pictures, times)
    finally:
        hook.remove()
    return torch.cat(means)

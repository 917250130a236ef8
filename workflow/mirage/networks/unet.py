"""A U-Net for pictures: diffusers' UNet2DModel, sized by the config."""

from diffusers import UNet2DModel
from torch import Tensor, nn

from mirage.config.experiment import UNet


class NoiseUNet(nn.Module):
    """UNet2DModel with this package's calling convention. x: [batch, c, h, w]."""

    def __init__(self, unet: UNet2DModel) -> None:
        super().__init__()
        self.unet = unet

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """Predict the noise in x_t: [batch, c, h, w]."""
        return self.unet(x, t, return_dict=False)[0].to(x.dtype)


def build_unet(options: UNet, shape: tuple[int, ...]) -> NoiseUNet:
    """An untrained U-Net for pictures of a shape (c, h, w), with group norm of 8 groups."""
    deeper = len(options.channels) - 1
    kind = "Attn" if options.attention else ""
    unet = UNet2DModel(
        sample_size=shape[-1],
        in_channels=shape[0],
        out_channels=shape[0],
        block_out_channels=tuple(options.channels),
        layers_per_block=options.layers_per_block,
        norm_num_groups=8,
        down_block_types=("DownBlock2D", *[f"{kind}DownBlock2D"] * deeper),
        up_block_types=(*[f"{kind}UpBlock2D"] * deeper, "UpBlock2D"),
        add_attention=options.attention,
    )
    return NoiseUNet(unet)

"""A model that diffusers alone trained and saved, watched while it draws.

    python examples/own_model.py FOLDER

Needs `pip install '.[diffusers]'` and half a minute. Each training picture has one bright square in
one of its four corners; what the model draws should too.
"""

import sys

import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

from mirage import watch

CORNERS = torch.eye(4).reshape(4, 1, 2, 2)


def main(folder: str) -> None:
    """Train, save, load, draw 400 pictures, look at Hal."""
    torch.manual_seed(0)
    squares = 2 * CORNERS.repeat_interleave(4, 2).repeat_interleave(4, 3) - 1  # [4, 1, 8, 8]
    scheduler = DDPMScheduler(num_train_timesteps=50, beta_end=0.3)
    blocks = {"block_out_channels": (16, 32), "layers_per_block": 1, "norm_num_groups": 8}
    kinds = {"down_block_types": ["DownBlock2D"] * 2, "up_block_types": ["UpBlock2D"] * 2}
    unet = UNet2DModel(sample_size=8, in_channels=1, out_channels=1, **blocks, **kinds)
    optimizer = torch.optim.Adam(unet.parameters(), lr=4e-3)
    for _ in range(100):
        x0 = squares[torch.randint(4, (64,))]
        t, noise = torch.randint(50, (64,)), torch.randn(64, 1, 8, 8)
        predicted = unet(scheduler.add_noise(x0, noise, t), t).sample
        loss = (predicted - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    DDPMPipeline(unet, scheduler).save_pretrained(folder)

    # From here on it might be any pipeline of yours.
    pipe = DDPMPipeline.from_pretrained(folder)
    with watch(pipe.scheduler, windows=[(0, 9)]) as hal:
        images = pipe(batch_size=400, num_inference_steps=50, output_type="np").images

    bright = torch.tensor(images).reshape(400, 2, 4, 2, 4).mean((2, 4)).reshape(400, 4)
    right = (bright.sort(1).values - torch.tensor([0, 0, 0, 1])).abs().max(1).values < 0.1
    scores = hal.scores.assign(right=right.numpy())
    print(scores.groupby("right")["hal_0_9"].agg(["size", "median"]).to_string())


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "squares")

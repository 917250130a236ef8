"""A diffusion model learns 25 modes, draws samples between them, and its own paths tell which.

    python examples/toy.py PICTURE.png

Needs `pip install '.[figures]'` and half a minute.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

import mirage
from mirage.datasets import mixtures


def main(picture: str) -> None:
    """Train, draw, look at Hal."""
    truth = mixtures.grid()  # its exact density is known
    points, _ = truth.sample(50_000, np.random.default_rng(0))
    schedule = mirage.Schedule.linear(timesteps=1000, beta_start=0.001, beta_end=0.2)
    torch.manual_seed(0)
    network = mirage.train(
        mirage.TemporalMLP(2, width=64, init="pytorch"),
        points,
        schedule,
        updates=4_000,
        batch_size=1_000,
        learning_rate=2e-3,
        learning_rate_schedule="cosine",
        ema_decay=0.99,
        time_focus=mirage.TimeFocus(below=100, share=0.7),
    )

    # From t = 399, where hardly any signal is left. Hal, the variance of the predicted clean
    # sample, is taken over the last five steps while samples are drawn; no path is kept.
    steps = mirage.reverse_steps(schedule, mirage.times_of(start=399, steps=400))
    parts = mirage.sample(network, steps, 5_000, mirage.Stream((2,)), ["hal"], [(0, 4)])
    drawn = pd.concat(parts, ignore_index=True)
    xy = drawn[["x0", "x1"]].to_numpy()
    hallucinated = mirage.label_points(xy, truth, radius=5)["label"] != "valid"

    suspicious = drawn["hal_0_4"].rank(pct=True).to_numpy() > 1 - hallucinated.mean()
    found = (suspicious & hallucinated).sum() / hallucinated.sum()
    print(
        f"{hallucinated.mean():.1%} of the samples lie beyond 5 standard deviations of every mode;"
    )
    print(f"of as many with the highest Hal, {found:.0%} are among them.")

    order = drawn["hal_0_4"].argsort()
    plt.figure(figsize=(5, 4))
    plt.scatter(*xy[order].T, s=2, c=np.log10(drawn["hal_0_4"].to_numpy()[order]))
    plt.colorbar(label="log10 Hal over the last five steps")
    plt.savefig(picture, dpi=150)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "toy.png")

"""Features of pictures, in which their distances are measured."""

from pathlib import Path

import numpy as np
import pandas as pd
import torch

from mirage.networks import classifier


def own_features(weights: Path, pictures: np.ndarray) -> np.ndarray:
    """What the pipeline's own classifier sees. pictures: float32 [n, c, h, w]; [n, features]."""
    return classifier.judge(classifier.load(weights), pictures).features


def seen(network: Path, pictures: np.ndarray, torchscript: bool, classes: bool) -> pd.DataFrame:
    """What the network that compares pictures sees in them.

    Args:
        network: our own, or a TorchScript module of the user.
        pictures: float32 [n, c, h, w].
        torchscript: whether it is the user's.
        classes: whether it tells classes; the user's does not.

    Returns:
        Columns `predicted_class` and `confidence`, where classes are told, and `features`.

    Raises:
        ValueError: as `torchscript_features`.
    """
    if torchscript:
        return pd.DataFrame({"features": list(torchscript_features(network, pictures))})
    judgement = classifier.judge(classifier.load(network), pictures)
    told = {"predicted_class": judgement.predicted_class, "confidence": judgement.confidence}
    return pd.DataFrame({**(told if classes else {}), "features": list(judgement.features)})


def torchscript_features(path: Path, pictures: np.ndarray) -> np.ndarray:
    """What a TorchScript module of the user sees.

    Args:
        path: the module, from (pictures float32 [n, c, h, w] in [-1, 1]) to features [n, f].
        pictures: float32 [n, c, h, w].

    Returns:
        float32 [n, f].

    Raises:
        ValueError: if the file is no such module, fails on the pictures, or gives
            something else than one row of finite numbers for each.
    """
    shape = list(pictures.shape[1:])
    try:
        module = torch.jit.load(path, map_location="cpu").eval()
        with torch.inference_mode():
            parts = [module(batch) for batch in torch.from_numpy(pictures).split(500)]
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ValueError(
            f"classifier.torchscript: {path} fails on pictures [n, c, h, w] of {shape}: {reason}"
        ) from None
    for batch, part in zip(torch.from_numpy(pictures).split(500), parts, strict=True):
        if not isinstance(part, torch.Tensor):
            found = type(part).__name__
        elif part.ndim != 2 or len(part) != len(batch):
            found = f"{list(part.shape)} for {len(batch)} pictures of {shape}"
        elif not part.isfinite().all():
            found = "numbers that are not finite"
        else:
            continue
        raise ValueError(
            f"classifier.torchscript: {path} gives {found}; allowed: finite features [n, f]"
        )
    return torch.cat(parts).float().numpy()

"""Activations brought down to the plane, to be looked at."""

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

PERPLEXITY = 30
"""scikit-learn's default, and the middle of the range that van der Maaten and Hinton (2008)
find it to be robust in; fewer points take a third of their number."""


def embed(activations: np.ndarray, seed: int) -> pd.DataFrame:
    """Two principal components, and t-SNE (van der Maaten and Hinton 2008) begun from them.

    Args:
        activations: float32 [n, size], n > 3.
        seed: of t-SNE.

    Returns:
        Columns `pca0`, `pca1`, `tsne0`, `tsne1`. Axes of t-SNE have no unit.
    """
    principal = PCA(n_components=2, svd_solver="full").fit_transform(activations)
    neighbours = TSNE(
        perplexity=min(PERPLEXITY, len(activations) / 3), init="pca", random_state=seed
    ).fit_transform(activations)
    names = ["pca0", "pca1", "tsne0", "tsne1"]
    return pd.DataFrame(np.concatenate([principal, neighbours], 1), columns=names)

"""The U-Net's bottleneck: which pictures it is shown, what is read off, how it is laid out."""

import numpy as np
import pandas as pd
import pytest
import torch
from threadpoolctl import threadpool_limits

from mirage.bottleneck import choose_generated, choose_real
from mirage.config.experiment import UNet
from mirage.metrics.embedding import embed
from mirage.networks.unet import BATCH_SIZE, bottleneck, build_unet


def scores(**columns) -> pd.DataFrame:
    return pd.DataFrame({"sample": range(10), **columns})


class TestGroups:
    def test_labels_come_first_and_half_of_the_pictures_may_be_hallucinated(self):
        labels = ["valid"] * 5 + ["duplicate", "blank", "duplicate", "valid", "blank"]
        chosen = choose_generated(scores(label=labels, predicted_class=3), 4)
        assert chosen["sample"].tolist() == [0, 1, 5, 6]
        assert chosen["group"].tolist() == ["valid", "valid", "duplicate", "blank"]

    def test_valid_pictures_fill_up_where_hallucinations_are_rare(self):
        chosen = choose_generated(scores(label=["valid"] * 9 + ["blank"]), 6)
        assert chosen["group"].tolist() == ["valid"] * 5 + ["blank"]

    def test_classes_are_groups_where_there_are_no_labels(self):
        chosen = choose_generated(scores(predicted_class=range(10)), 3)
        assert chosen["group"].tolist() == ["0", "1", "2"]

    def test_a_generated_class_has_the_name_of_the_real_one(self):
        real = choose_real(scores(label=[7] * 10), 2)
        generated = choose_generated(scores(predicted_class=np.full(10, 7, np.int16)), 2)
        assert real["group"].tolist() == generated["group"].tolist() == ["7", "7"]

    def test_without_either_there_are_two_groups(self):
        assert set(choose_generated(scores(nn_distance=1.0), 3)["group"]) == {"generated"}
        assert set(choose_real(scores(), 3)["group"]) == {"real"}


class TestActivation:
    @pytest.fixture
    def unet(self):
        torch.manual_seed(0)
        return build_unet(UNet(name="unet", channels=[8, 16]), (1, 16, 16)).eval()

    def test_is_the_mean_over_space_of_the_middle_block(self, unet):
        x, t = torch.randn(3, 1, 16, 16), torch.full((3,), 50)
        seen = []
        hook = unet.unet.mid_block.register_forward_hook(lambda *call: seen.append(call[2]))
        with torch.inference_mode():
            unet(x, t)
        hook.remove()
        assert seen[0].shape == (3, 16, 8, 8)
        torch.testing.assert_close(bottleneck(unet, x, t), seen[0].mean((2, 3)))

    def test_is_that_of_each_picture_however_many_go_through(self, unet):
        x, t = torch.randn(BATCH_SIZE + 3, 1, 16, 16), torch.full((BATCH_SIZE + 3,), 50)
        last = bottleneck(unet, x[-2:], t[-2:])
        torch.testing.assert_close(bottleneck(unet, x, t)[-2:], last, rtol=1e-4, atol=1e-5)

    def test_looking_leaves_the_network_as_it_was(self, unet):
        bottleneck(unet, torch.randn(2, 1, 16, 16), torch.zeros(2, dtype=torch.long))
        assert not unet.unet.mid_block._forward_hooks


class TestEmbedding:
    @pytest.fixture(autouse=True)
    def one_thread(self):
        """As in a job of the workflow; waiting threads would slow each other on a busy machine."""
        with threadpool_limits(1):
            yield

    @pytest.fixture
    def clusters(self):
        """Fifty points about 0 and fifty about 20, in the first of six channels."""
        noise = np.random.default_rng(0).standard_normal((100, 6)).astype(np.float32)
        noise[50:, 0] += 20
        return noise

    def test_principal_components_turn_and_do_not_stretch(self, clusters):
        flat = clusters * np.array([1, 1, 0, 0, 0, 0], np.float32)
        plane = embed(flat, seed=0)[["pca0", "pca1"]].to_numpy()
        before = np.linalg.norm(flat[:, None] - flat, axis=-1)
        after = np.linalg.norm(plane[:, None] - plane, axis=-1)
        np.testing.assert_allclose(after, before, atol=1e-4)

    @pytest.mark.parametrize("method", ["pca", "tsne"])
    def test_what_is_apart_stays_apart(self, clusters, method):
        points = embed(clusters, seed=0)[[f"{method}0", f"{method}1"]].to_numpy()
        one, other = points[:50], points[50:]
        gap = np.linalg.norm(one.mean(0) - other.mean(0))
        assert gap > 3 * max(one.std(0).max(), other.std(0).max())

    def test_the_seed_decides(self, clusters):
        pd.testing.assert_frame_equal(embed(clusters, seed=1), embed(clusters, seed=1))

    def test_a_handful_of_pictures_is_enough(self, clusters):
        assert np.isfinite(embed(clusters[:8], seed=0)).all(axis=None)

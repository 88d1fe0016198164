"""The contact page: whole, harmless, and the same in a real browser."""

import html
import re
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from dlcnn.figures import image_grid, overlaid
from dlcnn.understanding import Picture, UnderstandingError, look, saliency, write_page
from tests.understanding.models import classifier, images

_CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
needs_chromium = pytest.mark.skipif(_CHROMIUM is None, reason="no Chromium found to render with")
NAMES = ("ant", "bee", "cat", "<script>dog</script>")


@pytest.fixture(scope="module")
def found():
    """A look at two images with two methods."""
    return look(classifier(), images(2), [1, 3], methods=["saliency", "integrated_gradients"])


@pytest.fixture
def page(found, tmp_path):
    """The path of a page with everything on it."""
    return write_page(
        found,
        tmp_path / "page",
        title="Small animals",
        class_names=NAMES,
        labels=np.array([0, 3]),
        image_names=["first.png", "second.png"],
        pictures=[Picture("both", "Both images", "As they are.", image_grid(images(2)))],
        notes=["Nothing was left out."],
    )


def _text(path):
    page = re.sub(r"<style>.*?</style>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_write_page_tells_what_is_seen(page):
    """Title, names, labels, classes, the meaning of each method, pictures and notes."""
    text = _text(page)

    for words in ("Small animals", "first.png", "second.png", "shows ant", "explained: bee"):
        assert words in text
    for words in (
        "reacts to each pixel",
        "red speaks for the class",
        "integrated gradients",
        "Both images",
        "As they are.",
        "Nothing was left out.",
    ):
        assert words in text


def test_write_page_orders_classes_by_probability(page, found):
    """The most probable class of the first image stands first, in whole per cent."""
    best = int(found.probabilities[0].argmax())

    guess = re.search(r"<span>([^<]+)</span><b>(\d+)%</b>", page.read_text(encoding="utf-8"))

    assert html.unescape(guess[1]) == NAMES[best]
    assert int(guess[2]) == round(100 * float(found.probabilities[0, best]))


def test_write_page_writes_the_pictures_that_it_shows(page, found):
    """Every source is a file beside the page: the image, and each map laid over it."""
    sources = re.findall(r'src="([^"]+)"', page.read_text(encoding="utf-8"))

    assert len(sources) == 2 * 3 + 1
    for source in sources:
        assert (page.parent / source).is_file()
    with Image.open(page.parent / "images" / "001_image.png") as picture:
        np.testing.assert_array_equal(picture, np.round(found.images[0] * 255))
    values = np.asarray(found.maps["integrated_gradients"])
    with Image.open(page.parent / "images" / "002_integrated_gradients.png") as picture:
        expected = overlaid(found.images[1], values[1], signed=True)
        np.testing.assert_array_equal(picture, np.round(expected * 255))


def test_write_page_takes_numbers_for_names(found, tmp_path):
    """Without names classes and images have numbers, and without labels none is told."""
    text = _text(write_page(found, tmp_path))

    assert "image 1" in text
    assert "explained: class 1" in text
    assert "shows" not in text


def test_write_page_speaks_of_red_and_blue_only_where_they_are(tmp_path):
    """Maps without negative values need no such sentence."""
    found = look(classifier(), images(2), methods=["saliency"])

    assert "red speaks" not in _text(write_page(found, tmp_path))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"labels": np.array([0])}, "Received 1 labels for 2 images"),
        ({"labels": np.array([0, 7])}, "0 to 3. Received 0, 7."),
        ({"labels": np.array([0.5, 1])}, "a label is the index"),
        ({"image_names": ["a", "b", "c"]}, "Received 3 image_names"),
        ({"class_names": ["a", "b"]}, "Received 2 class_names for 4 classes"),
        (
            {"labels": ["ant", "bee"]},
            "a label is the index of one of 4 classes, 0 to 3. Received ant, bee.",
        ),
        ({"labels": [[0], [1]]}, "a label is the index"),
        ({"labels": [0, None]}, "a label is the index"),
        ({"labels": [[0], [1, 2]]}, "a label is the index"),
        ({"labels": 1}, "labels are listed. Received labels=1."),
        ({"class_names": 7}, "class_names are listed. Received class_names=7."),
        ({"class_names": "abcd"}, "class_names are listed. Received class_names='abcd'."),
        ({"image_names": 7}, "image_names are listed. Received image_names=7."),
        ({"pictures": [3]}, "a picture is a Picture. Received one of type int."),
        ({"pictures": 3}, "pictures are listed. Received pictures=3."),
        ({"notes": "A note."}, "notes are listed. Received notes='A note.'."),
    ],
)
def test_write_page_refuses_what_does_not_fit(found, tmp_path, options, words):
    """Too few or too many labels and names are told, and nothing is written."""
    with pytest.raises(UnderstandingError) as caught:
        write_page(found, tmp_path / "page", **options)

    assert words in str(caught.value)
    assert not (tmp_path / "page").exists()


def test_write_page_takes_names_and_labels_from_any_iterable(found, tmp_path):
    """Generators, tuples and labels of Python's own."""
    page = write_page(
        found,
        tmp_path,
        class_names=(name for name in NAMES),
        labels=(label for label in (2, 3)),
        image_names=(name for name in ("first.png", "second.png")),
        notes=(note for note in ("Nothing was left out.",)),
    )
    text = _text(page)
    for words in ("first.png shows cat", "Nothing was left out.", "explained: bee"):
        assert words in text


def test_write_page_refuses_what_is_no_look(tmp_path):
    """Maps, or nothing, are no look; the sentence says how one is made."""
    for wrong in (None, saliency(classifier(), images(2))):
        with pytest.raises(UnderstandingError, match=r"^write_page: .* understanding\.look\("):
            write_page(wrong, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_write_page_takes_a_folder_as_text_and_refuses_a_file(found, tmp_path):
    """A folder may be a string; where a file stands, one sentence says so."""
    assert write_page(found, str(tmp_path / "page")) == tmp_path / "page" / "index.html"
    (tmp_path / "file").write_text("", encoding="utf-8")
    for wrong in (tmp_path / "file", None):
        with pytest.raises(UnderstandingError, match="names a folder"):
            write_page(found, wrong)


@needs_chromium
def test_write_page_in_a_browser_shows_its_pictures_and_runs_nothing(page):
    """In Chromium every picture is loaded, and a class name that is a script is text."""
    assert "&lt;script&gt;dog" in page.read_text(encoding="utf-8")
    seen = "[...document.images].filter(each => each.naturalWidth).length"
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert _measured(page, f"{seen} + ' of ' + document.images.length", 500) == "7 of 7"
    assert _measured(page, fits, 500) == "true"


@needs_chromium
def test_write_page_shows_the_usual_methods_side_by_side(tmp_path):
    """On a small laptop's screen no map is cut off at the border; on a phone one scrolls."""
    page = write_page(look(classifier(), images(2)), tmp_path)
    table = "document.querySelector('.scroll')"
    for width, whole in ((1040, "true"), (1100, "true"), (1400, "true"), (500, "false")):
        assert _measured(page, f"{table}.scrollWidth <= {table}.clientWidth", width) == whole


def _measured(page, expression, width):
    """What a browser that many pixels wide says of an expression."""
    # The page itself runs no script, so a copy is made that may, to measure it.
    text = page.read_text(encoding="utf-8")
    text = text.replace("default-src 'none'", "default-src 'unsafe-inline'")
    told = f"addEventListener('load', () => {{ document.title = {expression} }})"
    probe = page.with_name("probe.html")
    probe.write_text(text.replace("</body>", f"<script>{told}</script></body>"), encoding="utf-8")
    command = [_CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu"]
    command += [f"--window-size={width},900", "--virtual-time-budget=5000", "--dump-dom"]
    command.append(probe.as_uri())
    dom = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return re.search(r"<title>(.*)</title>", dom)[1]

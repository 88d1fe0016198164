"""A callback that shows what a network looks at while it learns."""

import keras
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from dlcnn.errors import DlcnnError
from dlcnn.understanding import LookWhileTraining, UnderstandingError, UnderstandingWarning
from tests.understanding.models import CLASSES, classifier, images

LABELS = np.arange(12) % CLASSES


def _fit(epochs, *callbacks):
    keras.utils.set_random_seed(3)
    model = classifier()
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images(12), LABELS, batch_size=4, epochs=epochs, verbose=0, callbacks=list(callbacks))
    return model


def test_look_while_training_leaves_a_picture_every_so_often_and_at_the_end(tmp_path):
    """Every second epoch of five, and the last."""
    _fit(5, LookWhileTraining(images(2), every=2, folder=tmp_path, methods=["grad_cam"]))

    names = [f"epoch_{number:04d}.png" for number in (2, 4, 5)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    first, last = ((tmp_path / name).read_bytes() for name in (names[0], names[-1]))
    assert first.startswith(b"\x89PNG")
    assert first != last


def test_look_while_training_changes_nothing_of_it(tmp_path):
    """The weights are those of a training that nobody looked at."""
    watched = _fit(2, LookWhileTraining(images(2), folder=tmp_path))
    alone = _fit(2)

    for ours, theirs in zip(watched.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(alone.get_weights()[0], classifier().get_weights()[0])


def test_look_while_training_refuses_before_the_first_epoch(tmp_path):
    """Images of another size are told at once, and nothing is trained."""
    callback = LookWhileTraining(images(2, shape=(9, 10, 3)), folder=tmp_path)
    epochs = []
    counting = keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: epochs.append(1))

    with pytest.raises(UnderstandingError, match="8 x 10 x 3"):
        _fit(1, callback, counting)

    assert not epochs


@pytest.mark.parametrize(
    ("options", "words"), [({}, "Name a folder"), ({"every": 0, "folder": "x"}, "every=0")]
)
def test_look_while_training_refuses_in_a_sentence(options, words):
    """No place for pictures, and no number of epochs."""
    with pytest.raises(UnderstandingError, match=words):
        LookWhileTraining(images(2), **options)


def test_look_while_training_tells_before_the_first_epoch_what_cannot_be_shown(tmp_path):
    """Too few names, an unknown layer and a file in place of the folder are refused at once; a
    method that does not fit is a warning.
    """
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UnderstandingError, match="file"):
        LookWhileTraining(images(2), folder=tmp_path / "file")
    for options, words in (({"class_names": ["a"]}, "Name them all"), ({"layer": "x"}, "no such")):
        with pytest.raises(DlcnnError, match=words):
            _fit(1, LookWhileTraining(images(2), folder=tmp_path, **options))
    methods = ["saliency", "guided_backprop"]
    model = keras.Sequential([keras.Input((8, 10, 3)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(CLASSES, activation="softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.warns(UnderstandingWarning, match="ReLU"):
        model.fit(
            images(4),
            np.arange(4),
            verbose=0,
            callbacks=[LookWhileTraining(images(2), folder=tmp_path / "looks", methods=methods)],
        )
    assert (tmp_path / "looks" / "epoch_0001.png").is_file()


def test_look_while_training_shows_pictures_in_a_notebook():
    """In a real notebook each epoch's picture stands below the cell."""
    source = (
        "from tests.understanding.models import classifier, images\n"
        "from dlcnn.understanding import LookWhileTraining\n"
        "import numpy as np\n"
        "model = classifier()\n"
        "model.compile('sgd', 'sparse_categorical_crossentropy')\n"
        "look = LookWhileTraining(images(2), methods=['saliency'])\n"
        "model.fit(images(4), np.arange(4), epochs=2, verbose=0, callbacks=[look]);\n"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])

    NotebookClient(notebook, timeout=120).execute()

    shown = [each for each in notebook.cells[0].outputs if each.output_type == "display_data"]
    assert len(shown) == 2
    assert all("image/png" in each.data for each in shown)


def test_look_while_training_explains_the_first_of_several_outputs(tmp_path):
    """Helpers of the training beside the answer do no harm."""
    model = classifier()
    half = keras.layers.Dense(CLASSES, activation="softmax")(
        keras.layers.Flatten()(model.get_layer("first").output)
    )
    both = keras.Model(model.inputs, [model.outputs[0], half])
    both.compile("sgd", ["sparse_categorical_crossentropy"] * 2)
    watch = LookWhileTraining(images(2), folder=tmp_path, methods=["saliency"])

    both.fit(images(4), [LABELS[:4]] * 2, verbose=0, callbacks=[watch])

    assert [path.name for path in tmp_path.iterdir()] == ["epoch_0001.png"]

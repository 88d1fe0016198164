"""Tuning curves of neurons whose tuning is known."""

import numpy as np
import pytest
from keras import layers

from dlcnn.reference.kernels import filter_bank, sobel
from dlcnn.understanding import UnderstandingError, UnderstandingWarning, layer, tuning
from tests.understanding.network.networks import classifier, convolution, small

SHAPE = (20, 24, 3)
ANGLES = np.arange(0, 180, 15)


def _gabor(orientation, frequency, size=13, spread=3.0):
    rows, columns = np.mgrid[:size, :size] - size // 2
    angle = np.deg2rad(orientation)
    across = rows * np.cos(angle) + columns * np.sin(angle)
    wave = np.exp(-(rows**2 + columns**2) / (2 * spread**2)) * np.cos(
        2 * np.pi * frequency * across
    )
    return wave - wave.mean()


@pytest.fixture(scope="module")
def edges():
    """Sobel's two kernels, reading the mean of the channels."""
    kernel = filter_bank([sobel("vertical"), sobel("horizontal")], in_channels=3)
    return classifier(convolution(kernel, padding="same"), shape=SHAPE)


@pytest.fixture(scope="module")
def edge_tuning(edges):
    return tuning(edges, "conv", orientations=ANGLES, frequencies=[0.05, 0.125, 0.25, 0.4])


def test_tuning_of_sobel_is_its_transfer_function(edge_tuning):
    """The curve of a linear filter is the modulus of its Fourier transform, worked by hand."""
    angles = np.deg2rad(ANGLES)
    across, along = 0.5 * np.pi * np.sin(angles), 0.5 * np.pi * np.cos(angles)
    modulus = np.abs(2 * np.sin(across)) * np.abs(2 + 2 * np.cos(along))
    measured = edge_tuning.orientation.responses[:, 0]

    np.testing.assert_allclose(measured / measured.max(), modulus / modulus.max(), atol=1e-5)
    assert edge_tuning.orientation.peak.tolist() == [90, 0]
    assert edge_tuning.frequency.peak.tolist() == [0.25, 0.25]
    assert edge_tuning.phase.peak[0] % 180 == 90  # it is odd: an edge, not a line


@pytest.mark.parametrize("nonlinear", [None, "relu"])
def test_tuning_of_gabors_peaks_at_their_orientation_and_frequency(nonlinear):
    """Each neuron's curves peak at the numbers that its kernel was made with."""
    made = [(30, 0.15), (120, 0.25)]
    kernel = np.stack([np.stack([_gabor(*each)] * 3, axis=-1) for each in made], axis=-1)
    model = classifier(convolution(kernel, activation=nonlinear), shape=SHAPE)

    found = tuning(model, "conv", orientations=ANGLES, frequencies=[0.1, 0.15, 0.2, 0.25, 0.3])

    assert found.units == ("conv[4, 6, 0]", "conv[4, 6, 1]")
    assert found.orientation.peak.tolist() == [30, 120]
    assert found.line_orientation.peak.tolist() == [30, 120]
    assert found.frequency.peak.tolist() == [0.15, 0.25]
    assert found.position.peak.tolist() == [0, 0]
    assert (found.phase.peak == 0).all()
    assert (found.orientation.selectivity > 0.5).all()
    assert ((found.orientation.width > 15) & (found.orientation.width < 60)).all()


def test_tuning_finds_where_a_line_must_lie():
    """A kernel that reads one column answers to a line there, a dark kernel to a dark line."""
    kernel = np.zeros((3, 7, 3, 2))
    kernel[:, 5, :, 0] = 1
    kernel[:, 1, :, 1] = -1
    model = classifier(convolution(kernel), shape=SHAPE)

    bright, dark = (
        tuning(model, "conv", orientations=[0, 90], frequencies=[0.1], line=line, line_width=1)
        for line in ("bright", "dark")
    )

    assert bright.position.peak[0] == 2
    assert dark.position.peak[1] == -2
    assert bright.line_orientation.peak[0] == 90
    assert bright.position.responses[:, 0].max() > dark.position.responses[:, 0].max()


def test_tuning_does_not_depend_on_the_batch_size(edges, edge_tuning):
    """A few stimuli at a time give the same curves."""
    again = tuning(
        edges, layer["conv"], 7, orientations=ANGLES, frequencies=[0.05, 0.125, 0.25, 0.4]
    )

    np.testing.assert_allclose(
        again.frequency.responses, edge_tuning.frequency.responses, atol=1e-5
    )


def test_tuning_of_a_unit_that_sees_the_whole_image():
    """A neuron of a Dense layer is measured with stimuli centred on the image."""
    found = tuning(small(), layer["dense"][[2, 5]], orientations=[0, 60, 120], frequencies=[0.1])

    assert found.units == ("dense[2]", "dense[5]")
    assert found.orientation.responses.shape == (3, 2)
    assert found.position.values[0] == -found.position.values[-1]


def test_tuning_takes_the_pixels_of_a_model_that_scales_them_itself():
    """Stimuli of 0 to 255 before a Rescaling layer are those of 0 to 1 without it."""
    kernel = filter_bank([sobel("vertical")], in_channels=3)
    plain = classifier(convolution(kernel), shape=SHAPE)
    scaling = classifier(layers.Rescaling(1 / 255), convolution(kernel), shape=SHAPE)
    options = {"orientations": [0, 45, 90], "frequencies": [0.1, 0.2]}

    expected = tuning(plain, "conv", **options)
    found = tuning(scaling, "conv", value_range=(0, 255), **options)

    np.testing.assert_allclose(
        found.orientation.responses, expected.orientation.responses, rtol=1e-4, atol=1e-5
    )
    words = r"^tuning: value_range=\(0, 1\) looks scaled already.* name \(0, 255\)"
    with pytest.warns(UnderstandingWarning, match=words):
        tuning(scaling, "conv", **options)


def test_tuning_wants_a_size_where_the_model_leaves_it_open():
    """Stimuli need a size: the model's or the one that is named, not both."""
    kernel = filter_bank([sobel("vertical")], in_channels=3)
    model = classifier(convolution(kernel), shape=(None, None, 3))
    options = {"orientations": [0, 90], "frequencies": [0.25]}

    for size in ((9, 14), np.array([9, 14])):
        found = tuning(model, "conv", size=size, **options)
        assert found.orientation.peak.tolist() == [90]
        assert found.units == ("conv[3, 6, 0]",)
    with pytest.raises(UnderstandingError, match=r"Name a size=\(height, width\)"):
        tuning(model, "conv", **options)
    with pytest.raises(UnderstandingError, match="Leave it out"):
        tuning(small(), "conv1", size=(9, 14))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"orientations": [0, 180]}, "180 degrees are 0 again"),
        ({"frequencies": [0, 0.1]}, "frequencies is a number above 0"),
        ({"frequencies": [0.1, 0.6]}, "above 0 up to 0.5. Received frequencies=0.6"),
        ({"positions": [[1]]}, "one or more numbers in a row"),
        ({"phases": 0}, "phases is a whole number from 1"),
        ({"value_range": 255}, "Received value_range=255. Give two numbers"),
        ({"size": 9}, r"size is \(height, width\)"),
        ({"size": {9, 14}}, r"size is \(height, width\)"),
        ({"size": np.array([9, 14, 3])}, r"size is \(height, width\)"),
        ({"size": (9, 2.5)}, "size is a whole number from 1. Received size=2.5"),
        ({"line": "red"}, "'bright', 'dark'"),
    ],
)
def test_tuning_refuses_in_a_sentence(edges, options, message):
    """Values that no stimulus can have are refused before anything is shown."""
    with pytest.raises(UnderstandingError, match=message):
        tuning(edges, "conv", **options)


def test_tuning_figure_draws_five_curves(edge_tuning):
    """Each property has its axes with its unit; a neuron alone stands beside the uniform field."""
    figure = edge_tuning.figure(units=[1])

    assert len(figure.axes) == 5
    assert figure.get_size_inches()[0] < 15  # inches, in two rows
    assert {axes.get_subplotspec().rowspan.start for axes in figure.axes} == {0, 1}
    axes = figure.axes[1]
    assert (axes.get_title(), axes.get_xlabel()) == ("frequency of a grating", "cycles per pixel")
    drawn = {line.get_label(): line.get_ydata() for line in axes.get_lines()}
    np.testing.assert_array_equal(drawn["conv[10, 12, 1]"], edge_tuning.frequency.responses[:, 1])
    np.testing.assert_allclose(drawn["uniform field"], 0, atol=1e-6)
    assert len(edge_tuning.figure().axes[0].get_lines()) == 2
    assert edge_tuning.figure().get_suptitle() == "Tuning curves"


def test_tuning_figure_says_how_many_of_the_neurons_it_draws():
    """Of many neurons six are drawn, which the title says, as it does where some are named."""
    kernel = np.random.default_rng(0).standard_normal((3, 4, 3, 12))
    model = classifier(convolution(kernel), shape=SHAPE)
    found = tuning(model, "conv", orientations=[0, 60, 120], frequencies=[0.1])

    first, named = found.figure(), found.figure(units=np.array([11, 2]))

    assert first.get_suptitle() == "Tuning curves of 6 of 12 neurons"
    assert len(first.axes[0].get_lines()) == 6
    assert named.get_suptitle() == "Tuning curves of 2 of 12 neurons"
    assert [line.get_label() for line in named.axes[0].get_lines()] == [
        "conv[9, 10, 11]",
        "conv[9, 10, 2]",
    ]


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ([2], "units is a whole number from 0 up to 1"),
        ([], "units are numbers of neurons, one or more. Received none"),
        (np.array([], int), "one or more. Received none"),
        ("conv", "units is a whole number"),
    ],
)
def test_tuning_figure_refuses_neurons_that_there_are_not(edge_tuning, units, message):
    """A number too large, none, and a word are no neurons."""
    with pytest.raises(UnderstandingError, match=f"^figure: .*{message}"):
        edge_tuning.figure(units=units)


def test_tuning_names_a_layer_whose_numbers_are_broken():
    """Weights that are no numbers are told, also where a ReLU passes over them."""
    kernel = np.full((3, 3, 3, 2), np.nan)
    for activation in (None, "relu"):
        model = classifier(convolution(kernel, activation=activation), shape=SHAPE)
        with pytest.raises(UnderstandingError, match=r"^tuning, .*field: .*in layer 'conv'"):
            tuning(model, "conv", orientations=[0, 90], frequencies=[0.1])

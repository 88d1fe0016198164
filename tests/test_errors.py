"""What every message to a person has in common."""

from dlcnn.errors import nearest


def test_nearest_offers_the_closest_name_in_its_own_letters():
    """A typing mistake or another case of letters leads to the name as it is written."""
    assert nearest("resnet5", ["vgg16", "resnet50"]) == "Did you mean 'resnet50'?"
    assert nearest("VGG16", ["vgg16", "resnet50"]) == "Did you mean 'vgg16'?"


def test_nearest_lists_all_names_when_none_is_close():
    """What resembles no name is answered with the names there are."""
    assert nearest("transformer", ["vgg16", "lenet5"]) == "There are: vgg16, lenet5."
    assert nearest(None, []) == "There are: none."

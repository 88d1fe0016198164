"""Several trainings of one small network: compared, kept and not repeated."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from dlcnn.training.errors import DivergedError, TrainingError
from dlcnn.training.evaluation import count
from dlcnn.training.restarts import Member, Restarts, Spread, kept_of, restarts
from dlcnn.training.run import Run
from tests.training.examples import drawn_dataset, small_model

OPTIONS = {"epochs": 1, "batch_size": 16}


def member(seed, test_accuracy=0.5, **history):
    """A training that ended so; two test images of which one or both are right."""
    labels = np.array([0, 1])
    predicted = np.array([0, 1 if test_accuracy == 1 else 0])
    evaluation = count(np.eye(2)[predicted], labels, "ab", loss=0.5, mistakes=5)
    return Member(seed, history, len(history["loss"]), evaluation)


def test_spread_is_worked_by_hand():
    """Mean, sample deviation, minimum and maximum; one value deviates by 0."""
    assert Spread.of([1.0, 2.0, 6.0]) == Spread(3.0, 7**0.5, 1.0, 6.0)
    assert Spread.of([0.5]) == Spread(0.5, 0.0, 0.5, 0.5)


def test_merit_is_validation_accuracy_then_loss():
    """Validation decides where there is one, training else; the lower loss between equals."""
    by_validation = [
        member(0, loss=[0.1], accuracy=[1.0], val_loss=[0.9], val_accuracy=[0.7]),
        member(1, loss=[0.9], accuracy=[0.5], val_loss=[0.8], val_accuracy=[0.7]),
    ]
    by_training = [member(0, loss=[0.3], accuracy=[0.9]), member(1, loss=[0.2], accuracy=[0.8])]

    assert max(by_validation, key=lambda each: each.merit).seed == 1
    assert max(by_training, key=lambda each: each.merit).seed == 0


def test_merit_never_asks_the_test_images():
    """Better test results do not make a training the best."""
    lucky = member(0, test_accuracy=1, loss=[0.4], accuracy=[0.8])
    good = member(1, test_accuracy=0.5, loss=[0.3], accuracy=[0.9])

    assert max((lucky, good), key=lambda each: each.merit) is good


def test_restarts_say_how_results_spread():
    """As text: a heading, a line per figure, and the seed that is kept."""
    members = (
        member(4, loss=[2.0, 1.0], accuracy=[0.5, 0.6]),
        member(5, test_accuracy=1, loss=[2.0, 3.0], accuracy=[0.5, 0.4]),
    )

    result = Restarts(members, 0, model=None)

    assert result.spread["loss"] == Spread(2.0, 2**0.5, 1.0, 3.0)
    assert result.spread["test_accuracy"].mean == 0.75
    assert "Kept of 2 trainings: seed 4, test accuracy 50.00%." in str(result)
    assert "Diverged" not in str(result)
    assert len(str(result).splitlines()) == 6


def test_restarts_train_each_seed_and_keep_the_best(tmp_path):
    """Each training differs, has its own run folder, and the summary names the one kept."""
    result = restarts(
        small_model, drawn_dataset(), times=2, seed=3, run_dir=tmp_path / "all", **OPTIONS
    )

    assert [each.seed for each in result.members] == [3, 4]
    assert result.members[0].history != result.members[1].history
    best = max(result.members, key=lambda each: each.merit)
    assert result.members[result.best] is best
    kept = Run.open(tmp_path / "all" / best.folder_name)
    for mine, theirs in zip(
        result.model.get_weights(), kept.load_model().get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)
    summary = json.loads((tmp_path / "all" / "restarts.json").read_text())
    assert summary["kept"] == best.folder_name
    assert [each["seed"] for each in summary["members"]] == [3, 4]
    assert min(Image.open(tmp_path / "all" / "restarts.png").size) > 100
    assert best.folder_name in (tmp_path / "all" / "README.md").read_text()


def test_restarts_compare_the_epochs_that_early_stopping_keeps():
    """Where it put back the best weights, the figures are those of that epoch."""
    result = restarts(
        small_model,
        drawn_dataset(),
        times=1,
        early_stopping=1,
        epochs=3,
        learning_rate=0.5,
        batch_size=16,
    )

    [only] = result.members
    losses = only.history["loss"]
    assert only.outcome["loss"] == min(losses)
    assert only.epoch == losses.index(min(losses)) + 1


def test_restarts_do_not_train_again_what_is_finished(tmp_path):
    """With more times the same call adds trainings; those that are there stay as they are."""
    call = {"run_dir": tmp_path / "all", **OPTIONS}
    first = restarts(small_model, drawn_dataset(), times=1, **call)
    history = tmp_path / "all" / "seed-0" / "history.csv"
    before = history.stat().st_mtime_ns

    second = restarts(small_model, drawn_dataset(), times=2, **call)

    assert history.stat().st_mtime_ns == before
    assert second.members[0].history == first.members[0].history
    assert second.members[0].evaluation.loss == first.members[0].evaluation.loss


def test_restarts_are_the_same_without_a_folder(tmp_path):
    """A run folder changes no result, and the same seeds give the same trainings."""
    with_folder = restarts(small_model, drawn_dataset(), 1, run_dir=tmp_path / "all", **OPTIONS)
    without = restarts(small_model, drawn_dataset(), 1, **OPTIONS)

    assert without.members[0].history == with_folder.members[0].history


def diverging(*places):
    """What builds the small model, with weights that are no numbers at these calls."""
    calls = iter(range(99))

    def build():
        model = small_model()
        if next(calls) in places:
            model.set_weights([np.full_like(each, np.nan) for each in model.get_weights()])
        return model

    return build


def test_restarts_go_on_after_one_that_diverges(tmp_path):
    """It is named with its reason, spread and choice are of the others, and so again."""
    call = {"times": 3, "seed": 4, "run_dir": tmp_path / "all", **OPTIONS}
    result = restarts(diverging(0), drawn_dataset(), **call)
    again = restarts(small_model, drawn_dataset(), **call)

    assert [each.seed for each in result.members] == [5, 6]
    assert "loss=nan" in result.diverged[4]
    assert result.spread["loss"] == Spread.of([each.outcome["loss"] for each in result.members])
    assert "Kept of 3 trainings: seed" in str(result)
    assert "Diverged, and not in the figures: seed 4." in str(result)
    assert again.diverged.keys() == {4}
    summary = json.loads((tmp_path / "all" / "restarts.json").read_text())
    assert [each["folder"] for each in summary["diverged"]] == ["seed-4"]
    assert "loss=nan" in summary["diverged"][0]["reason"]
    readme = (tmp_path / "all" / "README.md").read_text()
    assert "# 3 trainings" in readme
    assert "[seed-4](seed-4), [seed-5](seed-5), [seed-6](seed-6)" in readme
    assert "seed 4." in readme


def test_restarts_fail_when_all_diverge():
    """There is no model to keep: the error says so, and why the last one ended."""
    with pytest.raises(DivergedError, match=r"times=2, and all diverged.*loss=nan"):
        restarts(diverging(0, 1), drawn_dataset(), times=2, **OPTIONS)


def test_restarts_count_a_model_that_gives_no_numbers_as_diverged():
    """The last step of all is not watched by a loss: the test images show it."""

    class SpoilAtEnd(keras.callbacks.Callback):
        """Makes the weights of the first training no numbers."""

        done = False

        def on_train_end(self, logs=None):  # noqa: ARG002  # of Keras
            if not self.done:
                spoilt = [np.full_like(each, np.nan) for each in self.model.get_weights()]
                self.model.set_weights(spoilt)
            self.done = True

    result = restarts(small_model, drawn_dataset(), 2, callbacks=[SpoilAtEnd()], **OPTIONS)

    assert [each.seed for each in result.members] == [1]
    assert "NaN" in result.diverged[0]


def test_kept_of_follows_the_summary(tmp_path):
    """Restarts name the run that they kept, any other folder is itself, damage is a sentence."""
    summary = tmp_path / "restarts.json"

    assert kept_of(tmp_path) == tmp_path
    summary.write_text('{"kept": "seed-7"}')
    assert kept_of(tmp_path) == tmp_path / "seed-7"
    for damaged in ("{", "[]", "{}", '{"kept": "../elsewhere"}', '{"kept": 7}'):
        summary.write_text(damaged)
        with pytest.raises(TrainingError, match=r"restarts\.json.*damaged"):
            kept_of(tmp_path)


def test_restarts_refuse_none_and_a_foreign_folder(tmp_path):
    """At least one training, and a folder that is new, empty or their own."""
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(TrainingError, match="times=0"):
        restarts(small_model, drawn_dataset(), times=0, **OPTIONS)
    with pytest.raises(TrainingError, match=r"notes\.txt"):
        restarts(small_model, drawn_dataset(), times=1, run_dir=tmp_path, **OPTIONS)

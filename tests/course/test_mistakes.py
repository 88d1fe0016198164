"""Loading `mistakes.toml`: edits of the solution, and what is refused."""

import textwrap

import pytest

from dlcnn.course.errors import CourseError
from dlcnn.course.mistakes import load_mistakes

SOLUTION = '''
def half(x):
    """Half of x."""
    return x / 2


def both(x, y):
    smaller = min(x, y)
    larger = max(x, y)
    return smaller, larger
'''

GOOD = """
[[mistake]]
id = "whole"
task = "half"
find = "x / 2"
replace = "x"
text = "your number is exactly that of x itself: divide it by 2"
"""


@pytest.fixture
def load(tmp_path):
    """Load a text as the mistakes of SOLUTION."""

    def run(text, solution=SOLUTION):
        path = tmp_path / "mistakes.toml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return load_mistakes(path, solution)

    return run


def _functions(mistake):
    namespace = {}
    exec(mistake.source, namespace)
    return namespace


def test_load_mistakes_edits_the_solution_of_the_task(load):
    """The mistaken solution differs by the edit and in nothing else."""
    (mistake,) = load(GOOD)
    assert (mistake.id, mistake.task) == ("whole", "half")
    assert mistake.source == SOLUTION.replace("x / 2", "x")
    assert _functions(mistake)["half"](3) == 3
    assert _functions(mistake)["both"](2, 1) == (1, 2)


def test_load_mistakes_makes_several_edits_at_once(load):
    """Each text is looked for in the solution as it is, so two places can change roles."""
    text = """
        [[mistake]]
        id = "exchanged"
        task = "both"
        find = ["min(x, y)", "max(x, y)"]
        replace = ["max(x, y)", "min(x, y)"]
        text = "exchanged"
    """
    (mistake,) = load(text)
    assert _functions(mistake)["both"](1, 2) == (2, 1)


def test_load_mistakes_reads_a_sentence_of_several_lines_as_one(load):
    """Line breaks and indentation of the file are no part of the sentence."""
    text = GOOD.replace('"your number is', '"""\n  your number\n  is').replace('by 2"', 'by 2"""')
    assert load(text)[0].text == "your number is exactly that of x itself: divide it by 2"


def test_load_mistakes_takes_a_missing_file_for_none(tmp_path):
    """An assignment need not have known mistakes."""
    assert load_mistakes(tmp_path / "mistakes.toml", SOLUTION) == ()


def test_load_mistakes_keeps_the_order_of_the_file(load):
    """Mistakes come as their author wrote them down."""
    other = GOOD.replace("whole", "twice").replace('replace = "x"', 'replace = "x * 2"')
    assert [mistake.id for mistake in load(other + GOOD)] == ["twice", "whole"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"x / 2"', '"x / 3"', ("mistake whole.find", "stands there 0 times")),
        ('"x / 2"', '"x"', ("mistake whole.find", "stands there 3 times")),
        ('"x / 2"', '"min(x, y)"', ("mistake whole.find", "stands there 0 times")),
        ('"x / 2"', '["x / 2", "/ 2"]', ("find and replace", "as many texts")),
        ('"x / 2"', "[]", ("find and replace",)),
        ('replace = "x"', "replace = 2", ("find and replace", "replace=2")),
        ('replace = "x"', 'replace = "(x"', ("mistake whole.replace", "is Python")),
        ('task = "half"', 'task = "third"', ("mistake whole.task", "'third'", "half, both")),
        ('task = "half"', "task = 3", ("mistake whole.task", "it is a text")),
        ('id = "whole"', 'id = ""', ("it is a text",)),
        ('id = "whole"', "", ("mistake 1", "has the keys")),
        ('id = "whole"', 'id = "whole"\nhint = "x"', ("has the keys", "hint")),
        ("[[mistake]]", "[mistake]", ("[[mistake]] tables only",)),
        ("[[mistake]]", "[[error]]", ("[[mistake]] tables only", "error")),
        ("[[mistake]]", "[[mistake", ("TOML text",)),
    ],
)
def test_load_mistakes_refuses_what_breaks_a_rule(load, old, new, told):
    """The message names the mistake, the rule and what was received."""
    assert old in GOOD
    with pytest.raises(CourseError) as error:
        load(GOOD.replace(old, new))
    for part in (*told, "mistakes.toml", "Received"):
        assert part in str(error.value)


def test_load_mistakes_refuses_edits_that_overlap(load):
    """Two edits of the same characters have no order."""
    text = GOOD.replace('find = "x / 2"', 'find = ["x / 2", "return x /"]')
    with pytest.raises(CourseError, match="two overlap"):
        load(text.replace('replace = "x"', 'replace = ["x", "return x //"]'))


def test_load_mistakes_refuses_an_id_twice(load):
    """A report names a mistake by its id."""
    with pytest.raises(CourseError, match="'whole' twice"):
        load(GOOD + GOOD)

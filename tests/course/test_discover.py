"""Where courses lie."""

import shutil

import pytest

import dlcnn
from dlcnn.course.discover import find_course
from dlcnn.course.spec import CourseError


def add(course, id_, order, task="other"):
    """Add another assignment to a small course."""
    shutil.copytree(course.folder, course.root / "assignments" / id_)
    shutil.copytree(course.grader, course.root / "graders" / id_)
    spec = course.root / "assignments" / id_ / "assignment.toml"
    text = spec.read_text().replace("order = 1", f"order = {order}")
    spec.write_text(text.replace('"bounds"', f'"{task}"'))


def test_course_is_found_where_it_is_named(small_course):
    """A folder that is named is the course."""
    course = find_course(small_course.root)
    assert [assignment.id for assignment in course.assignments] == ["scaling"]
    assert course.root == small_course.root.resolve()


def test_course_is_found_from_inside(small_course, monkeypatch):
    """The nearest parent with both folders is the course."""
    monkeypatch.chdir(small_course.grader)
    assert find_course().root == small_course.root.resolve()


def test_built_in_course_is_the_last_resort(tmp_path, monkeypatch):
    """Outside of any course there is the one that comes with the package."""
    monkeypatch.chdir(tmp_path)
    root = find_course().root
    assert dlcnn.__file__ is not None
    assert root.name == "builtin" or (root / "dlcnn").is_dir()


def test_folder_without_a_course_is_told(tmp_path):
    """Both folders make a course."""
    (tmp_path / "assignments").mkdir()
    with pytest.raises(CourseError, match="assignments/ and graders/"):
        find_course(tmp_path)


def test_assignments_are_ordered(small_course):
    """By their order, then by their id; folders without a specification are none."""
    add(small_course, "aaa", 7)
    add(small_course, "zzz", 0)
    add(small_course, "bbb", 7)
    (small_course.root / "assignments" / "drafts").mkdir()
    course = small_course.load()
    assert [each.id for each in course.assignments] == ["zzz", "scaling", "aaa", "bbb"]


def test_unknown_assignment_is_told_with_those_there_are(small_course):
    """The nearest name, or all."""
    course = small_course.load()
    with pytest.raises(CourseError, match=r"Received id='scalng'. Did you mean 'scaling'\?"):
        course.assignment("scalng")
    with pytest.raises(CourseError, match=r"There are: scaling\."):
        course.assignment("zebra")
    assert course.assignment("scaling").id == "scaling"


def test_assignments_defining_finds_by_task_names(small_course):
    """A file without a marker is known by the functions in it."""
    add(small_course, "second", 2)
    course = small_course.load()
    found = {name: [a.id for a in course.assignments_defining([name])] for name in ("bounds", "x")}
    assert found == {"bounds": ["scaling"], "x": []}
    assert len(course.assignments_defining({"scale": None, "helper": None})) == 2


def test_assignment_without_a_grader_is_told(small_course):
    """An assignment is two folders."""
    shutil.rmtree(small_course.grader)
    with pytest.raises(CourseError, match=r"graders/scaling: an assignment has a folder"):
        small_course.load()


def test_folder_name_that_is_no_id_is_told(small_course):
    """Ids stand in commands and markers."""
    small_course.folder.rename(small_course.folder.with_name("my scaling"))
    with pytest.raises(CourseError, match="Received 'my scaling'"):
        small_course.load()


def test_assignment_knows_its_files(small_course):
    """What lies where is said in one place."""
    assignment = small_course.load().assignment("scaling")
    assert assignment.readme_path.is_file()
    assert assignment.solution_path.is_file()
    assert assignment.checks_path.is_file()
    assert assignment.mistakes_path.name == "mistakes.toml"
    assert assignment.template_path(".ipynb").name == "template.ipynb"


@pytest.mark.parametrize("name", ["spec", "solution", "checks", "mistakes"])
def test_digest_changes_with_every_file_that_marks_depend_on(small_course, name):
    """A changed course is another course; the hand-out does not matter."""
    before = small_course.load().assignment("scaling").digest()
    (small_course.folder / "README.md").write_text("other", encoding="utf-8")
    assert small_course.load().assignment("scaling").digest() == before
    texts = {
        "spec": small_course.folder / "assignment.toml",
        "solution": small_course.grader / "solution.py",
        "checks": small_course.grader / "checks.py",
    }
    text = texts[name].read_text() if name in texts else ""
    small_course.write(**{name: text + "\n# changed\n"})
    assert small_course.load().assignment("scaling").digest() != before


def test_digest_changes_with_what_checks_may_read(small_course):
    """Data beside the checks count, in any folder; hidden files and bytecode do not."""

    def digest():
        return small_course.load().assignment("scaling").digest()

    digests = [digest()]
    for name, data in (("images.npy", b"1"), ("images.npy", b"2"), ("data/images.npy", b"2")):
        path = small_course.grader / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        digests.append(digest())
    assert len(set(digests)) == len(digests)
    for name in (".draft", "__pycache__/checks.pyc"):
        path = small_course.grader / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert digest() == digests[-1]


def test_course_is_a_value(small_course):
    """What is loaded twice is equal, and can be a key."""
    assert hash(small_course.load()) == hash(small_course.load())
    assert small_course.load() == small_course.load()

"""Attempted, or still the template."""

import ast

import pytest

from dlcnn.course.submission import functions_of, is_attempted


def function(body, head="def f(A_prev, W, b, hparameters, mode='max'):"):
    """A function with this body."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return functions_of(f"{head}\n{lines}\n")["f"]


UNTOUCHED = {
    "pass": "pass",
    "ellipsis": "...",
    "docstring": '"""What to do."""',
    "docstring and pass": '"""What to do."""\npass',
    "not implemented": "raise NotImplementedError",
    "not implemented with text": "raise NotImplementedError('task f')\nreturn Z",
    "return": "return",
    "return None": "return None",
    "return Nones": "return None, None",
    "return unassigned": "# Z = None\nreturn Z",
    "return unassigned and packed": "cache = (A_prev, W, b, hparameters)\nreturn Z, cache",
    "placeholder": "Z = None\nreturn Z",
    "placeholder for a parameter": "A_prev = None\nreturn A_prev",
    "placeholders in steps": "s = None\nZ = None\nZ = None\nreturn Z",
    "unpacked placeholder": "(m, n_H, n_W) = None\n[f, n_C] = None, None\nreturn m",
    "annotated placeholder": "Z: float = None\nY: int\nreturn Z",
    "ellipsis as a value": "Z = ...\nreturn Z",
    "packed placeholder": "Z = None\nout = (Z, A_prev)\nreturn out",
    "import": "import numpy as np\nreturn Z",
    "branch": "if mode == 'max':\n    Z = None\nelif mode == 'average':\n    Z = None\nreturn Z",
    "try": "try:\n    Z = None\nexcept ValueError:\n    pass\nreturn Z",
    "course conv_forward": """\"\"\"Implements the forward propagation.\"\"\"
(m, n_H_prev, n_W_prev, n_C_prev) = None
(f, f, n_C_prev, n_C) = None
stride = None
pad = None
n_H = None
n_W = None
Z = None
A_prev_pad = None
for i in range(None):
    a_prev_pad = None
    for h in range(None):
        vert_start = None
        vert_end = None
        for w in range(None):
            horiz_start = None
            for c in range(None):
                a_slice_prev = None
                weights = None
                Z[i, h, w, c] = None
assert(Z.shape == (m, n_H, n_W, n_C))
cache = (A_prev, W, b, hparameters)
return Z, cache""",
    "course pool_backward": """(A_prev, hparameters) = None
stride = None
dA_prev = None
for i in range(None):
    a_prev = None
    for h in range(None):
        if mode == "max":
            mask = None
            dA_prev[i, h] += None
        elif mode == "average":
            da = None
            dA_prev[i, h] += None
assert(dA_prev.shape == A_prev.shape)
return dA_prev""",
    "course template with comments only": """# Retrieve dimensions (≈1 line)
# (m, n_H_prev) = None
# for i in range(None):
    # a_prev_pad = None
# YOUR CODE STARTS HERE

# YOUR CODE ENDS HERE
cache = (A_prev, W, b, hparameters)

return Z, cache""",
}

ATTEMPTED = {
    "returns a parameter": "return A_prev",
    "returns packed parameters": "cache = (A_prev, hparameters)\nreturn cache",
    "returns a number": "return 0",
    "returns an expression": "return W * b",
    "returns a text": "return 'done'",
    "returns an attribute of a global": "return np.inf",
    "placeholder above a real assignment": "X_pad = None\nX_pad = np.pad(A_prev, 1)\nreturn X_pad",
    "placeholder, then a branch that works": "Z = None\nif mode == 'max':\n    Z = 1\nreturn Z",
    "one line filled in": "(m, n_H) = A_prev.shape\nfor i in range(None):\n    Z = None\nreturn Z",
    "wrong, with an unassigned return": "Zs = W * b\nreturn Z",
    "raises after work": "Z = W\nraise NotImplementedError",
    "raises something else": "raise ValueError('no')",
    "calls": "print(A_prev)",
    "a loop that works": "for i in range(3):\n    A_prev[i] = 0",
    "element": "Z = None\nZ[0] = 1\nreturn Z",
    "added": "Z = None\nZ += 1\nreturn Z",
    "yields": "yield A_prev",
    "with": "with open('x') as f:\n    pass",
    "inner function": "def g():\n    return 1\nreturn g()",
    "None among values": "return A_prev, None",
    "False": "return False",
    "code below a raise that was left in": "raise NotImplementedError\nreturn A_prev * 2",
}


@pytest.mark.parametrize("body", UNTOUCHED.values(), ids=UNTOUCHED)
def test_placeholders_only_are_no_attempt(body):
    """None, pass, `...`, NotImplementedError and returns of what was never assigned."""
    assert not is_attempted(function(body), None)


@pytest.mark.parametrize("body", ATTEMPTED.values(), ids=ATTEMPTED)
def test_anything_that_could_give_an_answer_is_an_attempt(body):
    """Right or wrong, it is the student's."""
    assert is_attempted(function(body), None)


def test_names_of_the_notebook_are_assigned():
    """What has a value at module level, or in Python itself, is no unassigned placeholder."""
    body = function("return K")
    assert not is_attempted(body, None)
    assert is_attempted(body, None, known={"K"})
    assert is_attempted(function("return zero_pad"), None, known=frozenset({"zero_pad"}))
    assert is_attempted(function("return max"), None)
    assert is_attempted(function("cache = (A_prev, K)\nreturn cache"), None, known={"K"})


def test_placeholder_hides_the_notebooks_name():
    """`Z = None` in the function is its own Z."""
    assert not is_attempted(function("Z = None\nreturn Z"), None, known={"Z"})


TEMPLATE = '"""Doc."""\n(m, n) = A_prev.shape\nA = np.zeros((m, n))\nreturn A'


@pytest.mark.parametrize(
    "body",
    [TEMPLATE, TEMPLATE.split("\n", 1)[1], TEMPLATE.replace("Doc", "Mine"), f"{TEMPLATE}  # done"],
)
def test_the_templates_own_code_is_no_attempt(body):
    """Code that the template gives is not the student's, whatever the docstring and comments."""
    assert not is_attempted(function(body), function(TEMPLATE))
    assert is_attempted(function(body), None)


@pytest.mark.parametrize(
    "body",
    [
        TEMPLATE.replace("zeros", "ones"),
        TEMPLATE.replace("return A", "A[0] = 1\nreturn A"),
        TEMPLATE.replace("return A", "return A, m"),
        TEMPLATE.replace("(m, n) =", "[m, n] ="),
    ],
)
def test_a_change_of_the_templates_code_is_an_attempt(body):
    """Any change counts."""
    assert is_attempted(function(body), function(TEMPLATE))


@pytest.mark.parametrize(
    ("value", "attempted"),
    [
        ("lambda x: x", True),
        ("lambda x: None", False),
        ("lambda x: ...", False),
        ("helper", True),
        ("partial(helper, 1)", True),
    ],
)
def test_functions_of_other_forms_are_attempts_unless_empty(value, attempted):
    """A lambda, another name, a partial."""
    assert is_attempted(ast.parse(value, mode="eval").body, function("pass")) is attempted


def test_deep_code_is_compared_without_recursion():
    """A function as deep as Python can parse is compared like any other."""
    deep = function("return 1" + " + 1" * 900)
    assert is_attempted(deep, function("return 1" + " + 1" * 901))
    assert not is_attempted(deep, function("return 1" + " + 1" * 900))


def test_functions_of_names_the_last_definition_at_top_level():
    """Functions in functions are not tasks."""
    found = functions_of("def f():\n    def g(): pass\ndef f():\n    return 2\nx = 1\n")
    assert list(found) == ["f"]
    assert found["f"].lineno == 3

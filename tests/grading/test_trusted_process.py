"""What the grading process loads: course files are found by path, which no contract sees."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUBMISSION = ROOT / "examples" / "submissions" / "correct.ipynb"

_GRADE = """
import json, sys
from dlcnn.cli.main import main
code = main(["grade", "conv_step_by_step", sys.argv[1], "--require-isolation", "process"])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_grading_loads_no_keras_and_no_student_module():
    """After a whole run neither Keras, TensorFlow nor a student's module is in the grader."""
    command = [sys.executable, "-c", _GRADE, str(SUBMISSION)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    code, loaded = json.loads(done.stdout.splitlines()[-1])
    assert code == 0
    assert "numpy" in loaded  # the list does show what is loaded
    assert not {"keras", "tensorflow", "torch", "jax", "submission", "h5py"} & set(loaded)

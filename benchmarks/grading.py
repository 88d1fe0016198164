"""Grading beside the plain way, interleaved in one run: seconds per submission and peak memory.

    taskset -c 0 python benchmarks/grading.py [--copies 100] [--tier full]
    taskset -c 0 python benchmarks/grading.py --assignment conv_application --copies 20

Each copy of a correct submission is graded by dlcnn (warm, every check, nothing of the student's
reused between copies) and then the plain way, in a process of its own that imports what the
submission needs, runs its functions and checks them: `plain_way.py` for NumPy, `plain_way_keras.py`
for Keras. "own code" (NumPy only: no TensorFlow is loaded here) is the time inside the student's
functions for the same calls in a process that is warm; the rest is what dlcnn adds.
"""

import argparse
import os
import re
import resource
import runpy
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from dlcnn.course.discover import find_course
from dlcnn.course.submission import read_submission
from dlcnn.grading.engine import grade_submission
from dlcnn.grading.exam import Exam, load_exam
from dlcnn.grading.marking import run_check, seeded
from dlcnn.grading.worker.pool import Reply, Zygote

ROOT = Path(__file__).resolve().parents[1]
SUBMISSION = ROOT / "examples" / "submissions" / "correct.ipynb"


def main() -> None:
    """Print one line per way of grading and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="conv_step_by_step")
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--tier", choices=("process", "partial", "full"), default="full")
    options = parser.parse_args()
    exam = load_exam(find_course(ROOT), options.assignment)
    submission = SUBMISSION
    if options.assignment != "conv_step_by_step":
        submission = exam.assignment.solution_path
    ours, own, plain, memories = [], [], [], []
    with tempfile.TemporaryDirectory() as folder, Zygote(exam.spec.profile, tier=options.tier) as z:
        script = _script(submission, Path(folder))
        functions = runpy.run_path(str(script)) if exam.spec.profile == "numpy" else {}
        for copy in range(-1, options.copies):  # the first round warms up and is not counted
            student = f"student-{copy}"
            started = time.perf_counter()
            report = grade_submission(exam, submission, student, z, shown_path=submission.name)
            seconds = time.perf_counter() - started
            assert (report.score, report.optional_score) == exam.max_scores(), report
            plain_seconds, memory = _plainly(exam, script)
            if copy >= 0:
                ours.append(seconds)
                own.append(_own_code(exam, functions, student) if functions else 0.0)
                plain.append(plain_seconds)
                memories.append(memory)
        processes = [z, z.second] if "second" in vars(z) else [z]
        memory = _peak_mb("self") + sum(_peak_mb(str(each._process.pid)) for each in processes)
    rest = [total - code for total, code in zip(ours, own, strict=True)]
    cores = len(os.sched_getaffinity(0))
    print(f"{options.copies} copies of {options.assignment}, {len(exam.checks)} checks each,")
    print(f"{cores} core(s), isolation {z.isolation.tier}; median s")
    parts = f"  of which own code {_spread(own)}, the rest {_spread(rest)}" if functions else ""
    print(f"dlcnn  {_spread(ours)}{parts}")
    print(f"plain  {_spread(plain)}")
    ratio = statistics.median(p / o for p, o in zip(plain, ours, strict=True))
    print(f"ratio  plain / dlcnn {ratio:.1f}, pair by pair")
    print(f"peak memory: dlcnn {memory:.0f} MB (grader and zygotes), plain {max(memories):.0f} MB")


def _script(submission: Path, folder: Path) -> Path:
    """A submission as a script without the course's own modules, which the plain way has not."""
    code = "\n".join(cell.source for cell in read_submission(submission).cells)
    code = re.sub(r"(?m)^(from|import) (?!numpy|keras|tensorflow).*$", "", code)
    script = folder / "submission.py"
    script.write_text(code, encoding="utf-8")
    return script


def _own_code(exam: Exam, functions: dict[str, Any], student: str) -> float:
    """Seconds inside the student's functions, when every check calls them in this process."""
    seconds = 0.0

    def call(name: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Reply:
        nonlocal seconds
        started = time.perf_counter()
        value = functions[name](*arguments, **keywords)
        seconds += time.perf_counter() - started
        return Reply(value=value)

    for check in exam.checks:
        run_check(check, call, exam.returns, seeded(exam, check, student, None))
    return seconds


def _plainly(exam: Exam, script: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of one process of the plain way."""
    here = Path(__file__)
    words = [here.with_name("plain_way.py"), exam.assignment.checks_path]
    if exam.spec.profile == "keras":
        words = [here.with_name("plain_way_keras.py"), exam.assignment.id]
    command = [sys.executable, *map(str, words)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    process = subprocess.Popen([*command, str(script)], env=environment, stderr=subprocess.PIPE)
    told = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, told
    scale = 2**20 if sys.platform == "darwin" else 2**10  # ru_maxrss: bytes there, kB here
    return time.perf_counter() - started, usage.ru_maxrss / scale


def _peak_mb(process: str) -> float:
    """The peak resident memory of a process, where the system tells it."""
    status = Path("/proc") / process / "status"
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 2**10


def _spread(values: list[float]) -> str:
    tenths = statistics.quantiles(values, n=10)
    return f"{statistics.median(values):.4f} (10-90 %: {tenths[0]:.4f}-{tenths[-1]:.4f})"


if __name__ == "__main__":
    main()

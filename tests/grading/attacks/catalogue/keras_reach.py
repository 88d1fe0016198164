"""Reaching out by the means that TensorFlow brings: its file system, its servers, its threads.

None of it goes through Python's own `open` and `socket`, and some of it through other threads.
"""

from tests.grading.attacks.attack import Attack

__all__ = ["ATTACKS"]


def _reaches(name: str, body: str, definitions: str = "", rare: str = "") -> Attack:
    """An attack that a tier without layers does not claim to stop."""
    lines = "\n    ".join(body.strip().splitlines())
    source = f"import keras\nimport tensorflow as tf\n{definitions}\ndef weapon():\n    {lines}\n"
    return Attack(name, source, tier="partial", rare=rare)


_READS = (
    _reaches(
        "tf.io.read_file reads the solution",
        'return b"X * factor" in tf.io.read_file(TARGETS["grader"] + "/solution.py").numpy()',
    ),
    _reaches(
        "tf.data reads a neighbour's submission in threads of its own",
        """
lines = tf.data.TextLineDataset(TARGETS["neighbour"], num_parallel_reads=2).prefetch(2)
return any(TARGETS["secret"].encode() in line.numpy() for line in lines)
""",
    ),
    _reaches(
        "tf.io.gfile lists the grader's folder",
        'return "checks.py" in tf.io.gfile.listdir(TARGETS["grader"])',
    ),
    _reaches(
        "keras.utils.get_file takes a file of the machine for a download",
        """
origin = "file://" + TARGETS["secret_file"]
path = keras.utils.get_file("taken.txt", origin=origin, cache_dir=".")
with open(path) as file:
    return TARGETS["secret"] in file.read()
""",
    ),
    _reaches(
        "a function in tf.data reads a file from TensorFlow's thread",
        """
read = tf.data.Dataset.range(1).map(lambda n: tf.numpy_function(read_secret, [n], tf.bool))
return bool(next(iter(read)).numpy())
""",
        """
def read_secret(_number):
    with open(TARGETS["secret_file"]) as file:
        return TARGETS["secret"] in file.read()
""",
    ),
    _reaches(
        "a Lambda layer reads a file while the model is called",
        """
layer = keras.layers.Lambda(read_secret, output_shape=(2,))
model = keras.Sequential([keras.Input((2,)), layer])
return float(model(tf.zeros((1, 2)))[0, 0]) == 1.0
""",
        """
def read_secret(x):
    with open(TARGETS["secret_file"]) as file:
        return x + (TARGETS["secret"] in file.read())
""",
    ),
)

_WRITES = (
    _reaches(
        "tf.io.write_file overwrites the report",
        """
tf.io.write_file(TARGETS["results"] + "/report.json", '{"score": 10}')
return True
""",
    ),
    _reaches(
        "a saved model is left beside the results",
        """
tf.saved_model.save(tf.Module(), TARGETS["results"] + "/saved")
return True
""",
    ),
    _reaches(
        "a .keras file is left beside the results",
        """
inputs = keras.Input((2,))
keras.Model(inputs, inputs).save(TARGETS["results"] + "/left.keras")
return True
""",
    ),
    _reaches(
        "summaries are written by a thread of TensorFlow's",
        """
writer = tf.summary.create_file_writer(TARGETS["folder"] + "/logs")
with writer.as_default(step=1):
    tf.summary.text("left", "here")
writer.flush()
return True
""",
    ),
)

_SERVES = (
    _reaches(
        "tf.distribute opens a port",
        "return tf.distribute.Server.create_local_server().target.startswith('grpc')",
    ),
    _reaches(
        "the tf.data service opens a port",
        "return 'grpc' in tf.data.experimental.service.DispatchServer().target",
    ),
    _reaches(
        "TensorFlow's profiler opens a port",
        """
import socket
import time
port = 20_000 + TARGETS["key"] % 20_000
tf.profiler.experimental.server.start(port)
for _ in range(20):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except ConnectionRefusedError:
        time.sleep(0.1)
""",
    ),
    _reaches(
        "a program is started from TensorFlow's thread",
        """
ran = tf.data.Dataset.range(1).map(lambda n: tf.numpy_function(run, [n], tf.int64))
return int(next(iter(ran)).numpy()) == 7
""",
        """
import subprocess
def run(_number):
    return subprocess.run(["sh", "-c", "exit 7"]).returncode
""",
    ),
)

_REMAINS = """
import keras

def keep():
    keras.config.set_floatx("float16")
    keras.layers.left = True

def recall():
    return keras.config.floatx() == "float16" or hasattr(keras.layers, "left")

def weapon():
"""

_STAYS = (
    Attack(
        "settings and classes of Keras are changed for the next submission",
        _REMAINS + "    keep()\n    return False\n",
        accomplice=_REMAINS + "    return recall()\n",
    ),
    Attack(
        "a thread of tf.data goes on after the submission",
        """
import time
import tensorflow as tf

def late(number):
    if number:
        time.sleep(1.0)
        open(TARGETS["survivor"], "w").close()
    return number

def scale(X, factor):
    slow = tf.data.Dataset.range(2).map(lambda n: tf.numpy_function(late, [n], tf.int64))
    scale.waiting = iter(slow.prefetch(2))
    next(scale.waiting)
    return X
""",
        "survivor",
        tier="partial",
        verdict="scale(X, 3.0) is None or __import__('time').sleep(1.5)",
        linger=1.3,
    ),
)

ATTACKS = _READS + _WRITES + _SERVES + _STAYS

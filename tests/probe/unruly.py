"""Programs that do to their process what a probe has to survive. Each has a factory `make`."""

SOUND = """\
import tensorflow as tf

def make():
    return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
"""

IN_MAKE = """\
import ctypes, os, signal, sys, time
import tensorflow as tf

def make():
    {}  # here
"""

PROGRAMS = {
    "segfault": (IN_MAKE.format("ctypes.string_at(0)"), "ended by SIGSEGV (step: building the model)"),
    "exit": (IN_MAKE.format("sys.exit(3)"), "ended itself with `sys.exit(3)`"),
    "interrupt": (IN_MAKE.format("raise KeyboardInterrupt"), "the program raised KeyboardInterrupt"),
    "question": (IN_MAKE.format("input('a number? ')"), "raised EOFError"),
    "segfault in call": (
        """\
import ctypes
import tensorflow as tf

class Crashing(tf.keras.layers.Layer):
    def build(self, shape):
        self.w = self.add_weight(name="w", shape=(3,))

    def call(self, x):
        ctypes.string_at(0)  # here
        return x * self.w

def make():
    return Crashing(), tf.ones([4, 3])
""",
        "ended by SIGSEGV (step: first call)",
    ),
    "exit at import": (
        "import sys\nimport tensorflow as tf\nsys.exit(0)  # here\n",
        'belongs below `if __name__ == "__main__":`',
    ),
}
"""The program, whose guilty line is marked, and words of the report."""

HANG = "import time\ntime.sleep(600)  # here\n"
"""Before it imports TensorFlow, which takes the longer the busier the machine is."""

HAS_CHILDREN = """\
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open("child", "w") as file:
    file.write(str(child.pid))
{}
"""

HARD_ENDS = {
    "hard exit": ("import os\nos._exit(0)\n", "ended its process with exit code 0, past Python's own `sys.exit`"),
    "killed": (
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        "ended by SIGKILL, as when memory runs out",
    ),
}
"""Ends of which nobody can tell the line."""

NOISE = """\
import atexit, os, sys
print("{ noise of the import")
import tensorflow as tf

def make():
    print("noise of the factory")
    os.write(1, b"noise past Python\\n")
    sys.__stdout__.write("more noise\\n")
    atexit.register(print, "noise at the exit")
    return tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2)])
"""

STAYS = (
    SOUND
    + """
import threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
"""
)

CHOOSES_KERAS = (
    """\
import os
os.environ["TF_USE_LEGACY_KERAS"] = "1"
"""
    + SOUND
)

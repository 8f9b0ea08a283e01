"""Whether something happens while an object is set up or while it is called: by the functions that were running."""

from __future__ import annotations

from itertools import pairwise

from gradlint.probe.recording.frames import Moment, Place, origin_of, place_of, user_marks
from gradlint.run import Phase

SETUPS = frozenset({"__init__", "build"})
"""Functions of the user's that set an object up."""

CALLS = frozenset({"call", "__call__"})
"""Functions of the user's that are the forward pass of an object."""

_BUILDERS = frozenset({"_maybe_build", "build_wrapper", "_build_graph_network_for_inferred_shape"})
"""Functions by which Keras sets a layer up when it is first called."""

_BRANCHES = frozenset(
    {"cond", "cond_for_tf_v2", "cond_v2", "switch_case", "_indexed_case_helper", "case", "case_v2", "while_loop"}
)
"""Functions of TensorFlow that put branches and bodies of loops into graphs, which autograph uses, too."""

_LAYER_CALLS = ("base_layer.py", "layers/layer.py", "engine/training.py")


def phase_of(marks: Moment, running: Phase) -> Phase:
    """The phase that frames belong to, in a stretch of the program that is, taken as a whole, in the phase `running`.

    A script sets objects up, and so does a first call; a factory may call what it makes, or Keras may for it.
    """
    if running is Phase.SCRIPT:
        own = (mark.code.co_name for mark in marks if origin_of(mark.code.co_filename) != "framework")
        return Phase.SETUP if any(name in SETUPS for name in own) else Phase.SCRIPT
    if running is Phase.FORWARD:
        return running
    for mark in marks:
        name, is_own = mark.code.co_name, origin_of(mark.code.co_filename) != "framework"
        if running is Phase.FIRST_CALL and name in CALLS and is_own:
            return Phase.FIRST_CALL
        if running is Phase.SETUP and name in SETUPS and is_own:
            return Phase.SETUP
        if running is Phase.SETUP and name == "call" and is_own and layer_call(marks) is not None:
            return Phase.FIRST_CALL
        if name in _BUILDERS:
            return Phase.SETUP
    return running


def is_called(marks: Moment) -> bool:
    """Whether it happens in a call of a layer, though that may be one by which Keras sets the layer up."""
    names = (mark.code.co_name for mark in marks)
    return next((name for name in names if name in CALLS | SETUPS), "") in CALLS


def layer_call(moment: Moment) -> int | None:
    """Where the outermost Keras layer was being called, if one was."""
    found = [
        index
        for index, mark in enumerate(moment)
        if mark.code.co_name == "__call__" and mark.code.co_filename.replace("\\", "/").endswith(_LAYER_CALLS)
    ]
    return found[-1] if found else None


def outside_of_branch(moment: Moment) -> int | None:
    """The user's frame outside of the innermost branch or loop of a graph that was running, if one was."""
    users = user_marks(moment)
    for inner, outer in pairwise(users if users[:1] == [0] else [-1, *users]):
        between = moment[inner + 1 : outer]
        if any(mark.code.co_name in _BRANCHES for mark in between):
            return outer
    return None


def outside_of_setup(moment: Moment) -> Place | None:
    """The user's line that makes the outermost of the objects whose constructor or `build` is running; None if none."""
    users = user_marks(moment)
    for inner, outer in reversed(list(pairwise(users))):
        if moment[inner].code.co_name in SETUPS:
            return place_of(moment[outer])
    return None

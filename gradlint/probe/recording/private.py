"""The private names of TensorFlow that the probe uses, all of them, by what uses them.

A release that moves one of them takes away what uses it and nothing else: the tape is public, so the gradients are
right without any of these names, and what then cannot be explained is said to be not checked.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ParamSpec

Given = ParamSpec("Given")

EAGER_TENSOR = "tensorflow.python.framework.ops:_EagerTensorBase"
RESOURCE_VARIABLE = "tensorflow.python.ops.resource_variable_ops:BaseResourceVariable"
CONTEXT = "tensorflow.python.eager.context:context"

NAMES = {
    "is_eager": (EAGER_TENSOR,),
    "is_variable": (RESOURCE_VARIABLE,),
    "random_state": (CONTEXT,),
    "operations": (
        "tensorflow.python.framework.op_callbacks:add_op_callback",
        "tensorflow.python.framework.op_callbacks:remove_op_callback",
    ),
    "variables_created": (
        f"{RESOURCE_VARIABLE}.__init__",
        "tensorflow.python.ops.resource_variable_ops:_UnreadVariable",
    ),
    "assignments_returned": ("tensorflow.python.ops.resource_variable_ops:_UnreadVariable.__init__",),
    "values_leaving": (f"{EAGER_TENSOR}.numpy",),
    "numpy_functions_run": ("tensorflow.python.ops.script_ops:py_func_common",),
    "constants_made": ("tensorflow.python.framework.constant_op:convert_to_eager_tensor",),
    "attributes_set": ("tensorflow.python.trackable.autotrackable:AutoTrackable.__setattr__",),
    "replicas_run_eagerly": ("tensorflow.python.distribute.mirrored_run:_call_for_each_replica",),
    "replicas_recorded": (
        "tensorflow.python.distribute.mirrored_run:_MirroredReplicaThread.run",
        "tensorflow.python.eager.tape:push_tape",
        "tensorflow.python.eager.tape:pop_tape",
    ),
    "functions_run_eagerly": ("tensorflow.python.autograph.impl.api:converted_call",),
    "python_functions_inline": ("tensorflow.python.ops.script_ops:_internal_py_func",),
    "recomputing_inline": ("tensorflow.python.ops.custom_gradient:_eager_mode_decorator",),
    "rows_mapped_inline": ("tensorflow.python.ops.parallel_for.control_flow_ops:pfor",),
    "local_gradients": ("tensorflow.python.eager.backprop:_gradient_function",),
    "gradients_looked_up": (
        "tensorflow.python.framework.registry:Registry.lookup",
        "tensorflow.python.framework.op_def_registry:get",
    ),
    "tapes_used": ("tensorflow.python.eager.backprop:GradientTape._pop_tape",),
    "recordings": (
        "tensorflow.python.eager.backprop:GradientTape._push_tape",
        "tensorflow.python.eager.backprop:GradientTape._pop_tape",
    ),
    "tape_is_paused": ("tensorflow.python.eager.record:could_possibly_record",),
}


@functools.cache
def find(name: str) -> Any:
    """What `module:attribute` names, or None where this TensorFlow has no such thing."""
    module, _, path = name.partition(":")
    try:
        return functools.reduce(getattr, path.split("."), importlib.import_module(module))
    except (ImportError, AttributeError):
        return None


def module_of(use: str) -> Any:
    """The module in which the first name of a use stands."""
    return importlib.import_module(NAMES[use][0].partition(":")[0])


def lacking(use: str) -> tuple[str, ...]:
    """The names of a use that this TensorFlow does not have."""
    return tuple(name for name in NAMES[use] if find(name) is None)


def all_lacking() -> tuple[str, ...]:
    """All names that this TensorFlow does not have."""
    return tuple(dict.fromkeys(name for use in NAMES for name in lacking(use)))


def hook(
    function: Callable[Given, AbstractContextManager[None]],
) -> Callable[Given, AbstractContextManager[None]]:
    """Let a context manager do nothing where this TensorFlow does not have the names of its use."""

    @functools.wraps(function)
    def entered(*arguments: Given.args, **keywords: Given.kwargs) -> AbstractContextManager[None]:
        return nullcontext() if lacking(function.__name__) else function(*arguments, **keywords)

    return entered

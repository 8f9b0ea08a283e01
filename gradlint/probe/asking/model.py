"""What a model is to the probe: its dialect, the variables that it lists, and how it is called."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradlint.probe.errors import ProbeError
from gradlint.probe.recording import hooks
from gradlint.probe.recording.identity import key_of
from gradlint.probe.recording.walk import Found, walk
from gradlint.run import Dialect

_MODES = ("training", "is_training")


@dataclass(frozen=True, eq=False)
class Listed:
    """A variable as its model lists it. `shown` is what the model lists, `variable` the `tf.Variable` in it."""

    shown: Any
    variable: Any
    trainable: bool


def is_model(value: Any) -> bool:
    """Whether it is something to probe: a Keras layer or model of either dialect, a `tf.Module`, or what lists weights.

    That is an object of a class of the program's own, without any base of a framework.
    """
    if keras_of(value) is not None or isinstance(value, hooks.tensorflow().Module):
        return True
    return not isinstance(value, type) and hasattr(value, "trainable_variables")


def keras_of(value: Any) -> Dialect | None:
    """Which Keras an object is a layer of."""
    for each in type(value).__mro__:
        package = each.__module__.split(".")[0]
        if each.__name__ == "Layer" and package in ("keras", "tf_keras", "tensorflow"):
            if package == "keras" and _version("keras").startswith("3"):
                return Dialect.KERAS_3
            return Dialect.KERAS_2
    return None


def lists_nothing(holder: Any) -> bool:
    """Whether it is a loss or a regularizer of Keras: nothing lists what it holds, or is meant to."""
    packages = ("keras", "tf_keras", "tensorflow")
    bases = (each for each in type(holder).__mro__ if each.__module__.split(".")[0] in packages)
    return any(each.__name__ in ("Loss", "Regularizer") for each in bases)


def dialect_of(model: Any) -> Dialect:
    """The dialect that a model's verdicts hold for; for a plain `tf.Module` that of `tf.keras`."""
    own = keras_of(model)
    if own is not None:
        return own
    version = getattr(hooks.keras(), "__version__", None)
    if version is None:  # tf_keras behind TensorFlow's lazy module shows no version of its own
        return Dialect.KERAS_2
    return Dialect.KERAS_3 if str(version).startswith("3") else Dialect.KERAS_2


def check_backend(model: Any) -> None:
    """Refuse a Keras 3 model that runs on JAX or PyTorch, where there is no tape to ask.

    Raises:
        ProbeError: it does.
    """
    if keras_of(model) is Dialect.KERAS_3:
        backend = importlib.import_module("keras").backend.backend()
        if backend != "tensorflow":
            raise ProbeError(
                f"Keras runs on {backend} here, and a probe asks TensorFlow's tape: "
                "set KERAS_BACKEND=tensorflow before Keras is imported"
            )


def _version(package: str) -> str:
    return str(getattr(sys.modules.get(package), "__version__", ""))


def inner_variable(shown: Any) -> Any:
    """The `tf.Variable` in what a model lists: of several, the one that is read first."""
    return shown if hooks.is_variable(shown) else next(iter(hooks.copies_in(shown)), None)


def copies_in(found: dict[int, Found]) -> dict[int, int]:
    """Of the variables that a strategy keeps on several devices, the handle of the first for that of each."""
    groups = [hooks.copies_in(each.value) for each in found.values()]
    return {key_of(hooks.handle_of(each)): key_of(hooks.handle_of(group[0])) for group in groups for each in group[1:]}


def names_of(shown: Any) -> tuple[str, ...]:
    """What Keras calls a variable: `encoder/kernel` is its name on Keras 2, on Keras 3 its path."""
    names = [str(name).split(":")[0] for name in (shown.name, getattr(shown, "path", None)) if name]
    # The second `Encoder` of a process is called `encoder_1`, which nobody who writes a pattern can know.
    return tuple(dict.fromkeys([*names, *(re.sub(r"^([^/]+?)_\d+(?=/)", r"\1", name) for name in names)]))


def listed(model: Any) -> list[Listed]:
    """The variables that the model lists, in its order, the trainable ones first."""
    trainable = _lists(model, "trainable_variables")
    others = [*_lists(model, "variables"), *_lists(model, "non_trainable_variables")]
    found: dict[int, Listed] = {}
    for shown, is_trainable in [*((each, True) for each in trainable), *((each, False) for each in others)]:
        variable = inner_variable(shown)
        if variable is not None and id(variable) not in found:
            found[id(variable)] = Listed(shown, variable, is_trainable)
    return list(found.values())


def _lists(model: Any, name: str) -> list[Any]:
    try:
        members = getattr(model, name, ())
        return list(members() if callable(members) else members)
    except ValueError:  # a Keras 2 model lists nothing before it is built, and says so by raising
        return []


def call(model: Any, inputs: Any, training: bool) -> Any:
    """Call the model as its author would: several inputs as several arguments only if it takes several."""
    if is_distribution(model):
        return model
    parameters = _parameters(_called(model))
    keywords = {name: training for name in _MODES if name in parameters}
    wanted = _positional(parameters)
    required = [each for each in wanted if each.default is each.empty]
    if inputs is None and not required:
        return model(**keywords)
    if isinstance(inputs, dict) and inputs and set(inputs) <= {each.name for each in wanted} and len(required) > 1:
        return model(**inputs, **keywords)
    if isinstance(inputs, tuple) and 1 < len(required) <= len(inputs) <= len(wanted):
        return model(*inputs, **keywords)
    return model(inputs, **keywords)


def training_of(model: Any, training: bool) -> dict[str, bool]:
    """The keyword that says whether it is a training call, if the model takes one."""
    parameters = _parameters(_called(model))
    return {name: training for name in _MODES if name in parameters}


def takes_inputs(model: Any) -> bool:
    """Whether the model must be called with something."""
    if is_distribution(model):
        return False
    return not _parameters(_called(model)) or wants_arguments(_called(model))


def wants_arguments(function: Callable[..., Any]) -> bool:
    """Whether a function must be called with something."""
    return any(each.default is each.empty for each in _positional(_parameters(function)))


def takes_one(model: Any) -> bool:
    """Whether the model must be called with one thing, and not with several."""
    parameters = _positional(_parameters(_called(model)))
    return len([each for each in parameters if each.default is each.empty]) <= 1


def call_with_one(model: Any, inputs: Any, training: bool) -> Any:
    """Call a Keras model as `fit` does: with one argument, whatever it is."""
    mode = {"training": training} if "training" in _parameters(model.call) else {}
    return model(inputs, **mode)


def compute_loss(model: Any, **parts: Any) -> Any:
    """The loss that `fit` asks for, which a model may compute itself."""
    if "training" in _parameters(model.compute_loss):
        parts["training"] = True
    return model.compute_loss(**parts)


def has_own(model: Any, name: str) -> bool:
    """Whether a method (`train_step`, `compute_loss`) is not the one of Keras."""
    home = next((each for each in type(model).__mro__ if name in vars(each)), None)
    return home is not None and home.__module__.split(".")[0] not in ("keras", "tf_keras", "tensorflow")


def steps_per_execution(model: Any) -> int:
    """How many batches one run of the train function takes."""
    steps: Any = getattr(model, "steps_per_execution", None) or getattr(model, "_steps_per_execution", None)
    return int(steps.numpy() if hooks.is_variable(steps) else steps or 1)


def _called(model: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = model.call if keras_of(model) is not None else model.__call__
    return function


def _positional(parameters: dict[str, inspect.Parameter]) -> list[inspect.Parameter]:
    return [
        parameter
        for name, parameter in parameters.items()
        if name not in (*_MODES, "mask")
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # a callable written in C says nothing; it is called with its inputs alone
        return {}


def is_distribution(value: Any) -> bool:
    """Whether it is a distribution of TFP, also one that a probabilistic layer wrapped up as a tensor."""
    probability = hooks.probability()
    return probability is not None and isinstance(value, probability.distributions.Distribution)


def config_twin(model: Any) -> Any:
    """A second model made from the config of a Keras one, with the classes of its own layers at hand."""
    found = {type(each.value).__name__: type(each.value) for each in walk(model).values() if keras_of(each.value)}
    with hooks.keras().utils.custom_object_scope(found):
        return type(model).from_config(model.get_config())

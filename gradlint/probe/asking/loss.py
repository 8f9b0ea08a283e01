"""The loss where the user gives none."""

from __future__ import annotations

import zlib
from typing import Any

from gradlint.probe.asking.model import is_distribution
from gradlint.probe.errors import ProbeError, with_article
from gradlint.probe.recording import hooks


def default_loss(model: Any, outputs: Any) -> Any:
    """The mean of each float output times a fixed random tensor, plus the losses that the model added itself.

    A plain mean would vanish behind a softmax or a normalization, whose outputs always sum to the same.

    Raises:
        ProbeError: nothing in the outputs can be differentiated.
    """
    tf = hooks.tensorflow()
    floats: list[Any] = []
    for index, output in enumerate(_parts(outputs)):
        for tensor in _tensors(output):
            if tensor.dtype.is_floating:
                weights = tf.random.stateless_normal(tf.shape(tensor), seed=(index, 11), dtype=tf.float32)
                dtype = tf.float64 if tensor.dtype == tf.float64 else tf.float32
                floats.append(tf.reduce_mean(tf.cast(tensor, dtype) * tf.cast(weights, dtype)))
    for added in getattr(model, "losses", ()) or ():
        floats.append(tf.reduce_sum(added if added.dtype == tf.float64 else tf.cast(added, tf.float32)))
    if not floats:
        raise ProbeError(
            f"`{type(model).__name__}` gives no float output and adds no loss, so there is nothing to differentiate: "
            "say what is trained (`loss=…`, or `--loss FILE:callable` on the command line)"
        )
    widest = tf.float64 if any(each.dtype == tf.float64 for each in floats) else tf.float32
    return tf.add_n([tf.cast(each, widest) for each in floats])


def differentiable(loss: Any, name: str) -> Any:
    """What a loss of the program's own gave, with numbers as constants: the tape then says what became of them.

    Raises:
        ProbeError: it gave something that nobody can differentiate.
    """
    tf = hooks.tensorflow()
    given = [each for each in tf.nest.flatten(loss) if each is not None]
    if not given or not all(tf.is_tensor(each) or _is_number(each) for each in given):
        kinds = ", ".join(dict.fromkeys(with_article(type(each).__name__) for each in given)) or "nothing"
        hint = " (is a `return` missing?)" if loss is None else ""
        raise ProbeError(f"the loss `{name}` returned {kinds}{hint}: it must return the tensor to differentiate")
    return tf.nest.map_structure(lambda each: tf.convert_to_tensor(each) if _is_number(each) else each, loss)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex)) or type(value).__module__ == "numpy"


def _parts(outputs: Any) -> list[Any]:
    if is_distribution(outputs):
        return [outputs]
    if isinstance(outputs, dict):
        return [part for key in sorted(outputs, key=str) for part in _parts(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [part for each in outputs for part in _parts(each)]
    return [outputs]


def _tensors(output: Any) -> list[Any]:
    tf = hooks.tensorflow()
    if is_distribution(output):
        return _of_distribution(output)
    if isinstance(output, (tf.SparseTensor, tf.RaggedTensor)):
        return list(tf.nest.flatten(output, expand_composites=True))
    if isinstance(output, tf.Tensor):
        return [output]
    if hooks.is_variable(output) or type(output).__module__.startswith("numpy"):
        return [tf.convert_to_tensor(output)]
    return []


def _of_distribution(distribution: Any) -> list[Any]:
    """A sample, or the value that its layer converts to, where the gradient passes through.

    Else the log-density of a sample, which is what such a distribution is trained with.
    """
    tf = hooks.tensorflow()
    full = hooks.probability().distributions.FULLY_REPARAMETERIZED  # type: ignore[union-attr]
    kinds = tf.nest.flatten(distribution.reparameterization_type)
    if all(kind == full for kind in kinds):
        try:
            return [tf.convert_to_tensor(distribution)]
        except (TypeError, ValueError):  # only those made by a probabilistic layer convert
            return list(tf.nest.flatten(distribution.sample(seed=_seed(distribution))))
    sample = tf.nest.map_structure(
        lambda each: tf.identity(tf.stop_gradient(each)), distribution.sample(seed=_seed(distribution))
    )
    return [distribution.log_prob(sample)]


def _seed(distribution: Any) -> Any:
    return hooks.tensorflow().constant([zlib.crc32(type(distribution).__name__.encode()) & 0x7FFFFFFF, 3])

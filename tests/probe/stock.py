"""Healthy models, on which a probe must find nothing: the stock models and layers of Keras and TFP.

`python -m benchmarks.stock_models` probes all of them; the test suite probes a few.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
import tensorflow_probability as tfp

import gradlint
from gradlint.diagnostics import Severity
from tests.probe.dialect import KERAS

layers = tf.keras.layers
Factory = Callable[[], Any]

SMALLEST = {"Inception": 75, "Xception": 71}


def images(size: int, channels: int = 3) -> Any:
    return tf.random.stateless_uniform([2, size, size, channels], seed=(3, 4), maxval=255.0)


def numbers(*shape: int) -> Any:
    return tf.random.stateless_normal([4, *shape], seed=(1, 2))


def applications() -> dict[str, tuple[Factory, Any]]:
    """Every model of `keras.applications`, with the smallest images that it takes and ten classes."""
    found: dict[str, tuple[Factory, Any]] = {}
    for name, make in sorted(vars(tf.keras.applications).items()):
        if not (callable(make) and name[0].isupper()):
            continue
        size = next((size for prefix, size in SMALLEST.items() if name.startswith(prefix)), 32)

        def factory(make: Any = make, size: int = size) -> Any:
            return make(weights=None, input_shape=(size, size, 3), classes=10)

        found[name] = (factory, lambda size=size: images(size))
    return found


def in_sequence(*members: Any, shape: tuple[int, ...]) -> Any:
    return tf.keras.Sequential([tf.keras.Input(shape), *members])


def stock_layers() -> dict[str, tuple[Factory, Any]]:
    """The layers that have weights, each alone, and those that have none behind one that has."""
    weighted: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
        "Dense": (lambda: layers.Dense(3), (5,)),
        "EinsumDense": (lambda: layers.EinsumDense("abc,cd->abd", (None, 3), bias_axes="d"), (4, 5)),
        "BatchNormalization": (lambda: layers.BatchNormalization(), (5,)),
        "LayerNormalization": (lambda: layers.LayerNormalization(), (5,)),
        "GroupNormalization": (lambda: layers.GroupNormalization(2), (4, 6)),
        "SpectralNormalization": (lambda: layers.SpectralNormalization(layers.Dense(4)), (5,)),
        "PReLU": (lambda: layers.PReLU(), (5,)),
        "Conv1D": (lambda: layers.Conv1D(3, 2), (6, 4)),
        "Conv2D": (lambda: layers.Conv2D(3, 2), (6, 6, 4)),
        "Conv3D": (lambda: layers.Conv3D(3, 2), (4, 4, 4, 2)),
        "Conv1DTranspose": (lambda: layers.Conv1DTranspose(3, 2), (6, 4)),
        "Conv2DTranspose": (lambda: layers.Conv2DTranspose(3, 2), (6, 6, 4)),
        "Conv3DTranspose": (lambda: layers.Conv3DTranspose(3, 2), (4, 4, 4, 2)),
        "DepthwiseConv1D": (lambda: layers.DepthwiseConv1D(2), (6, 4)),
        "DepthwiseConv2D": (lambda: layers.DepthwiseConv2D(2), (6, 6, 4)),
        "SeparableConv1D": (lambda: layers.SeparableConv1D(3, 2), (6, 4)),
        "SeparableConv2D": (lambda: layers.SeparableConv2D(3, 2), (6, 6, 4)),
        "SimpleRNN": (lambda: layers.SimpleRNN(3, return_sequences=True), (6, 4)),
        "LSTM": (lambda: layers.LSTM(3), (6, 4)),
        "GRU": (lambda: layers.GRU(3), (6, 4)),
        "GRUResetBefore": (lambda: layers.GRU(3, reset_after=False), (6, 4)),
        "UnrolledLSTM": (lambda: layers.LSTM(3, unroll=True), (6, 4)),
        "DroppingLSTM": (lambda: layers.LSTM(3, recurrent_dropout=0.1), (6, 4)),
        "Bidirectional": (lambda: layers.Bidirectional(layers.GRU(3)), (6, 4)),
        "ConvLSTM1D": (lambda: layers.ConvLSTM1D(3, 2), (3, 6, 4)),
        "ConvLSTM2D": (lambda: layers.ConvLSTM2D(3, 2), (3, 6, 6, 2)),
        "ConvLSTM3D": (lambda: layers.ConvLSTM3D(2, 2), (2, 4, 4, 4, 2)),
        "CellsAlone": (lambda: layers.RNN(layers.StackedRNNCells([layers.SimpleRNNCell(3)])), (6, 4)),
        "RNNOfCells": (lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(4)]), (6, 4)),
        "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dense(3)), (6, 4)),
    }
    plain: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
        "Dropout": (lambda: layers.Dropout(0.3), (8,)),
        "GaussianNoise": (lambda: layers.GaussianNoise(0.3), (8,)),
        "GaussianDropout": (lambda: layers.GaussianDropout(0.3), (8,)),
        "AlphaDropout": (lambda: layers.AlphaDropout(0.3), (8,)),
        "SpatialDropout1D": (lambda: layers.SpatialDropout1D(0.3), (4, 8)),
        "ActivityRegularization": (lambda: layers.ActivityRegularization(0.1), (8,)),
        "ReLU": (lambda: layers.ReLU(), (8,)),
        "LeakyReLU": (lambda: layers.LeakyReLU(), (8,)),
        "ELU": (lambda: layers.ELU(), (8,)),
        "Softmax": (lambda: layers.Softmax(), (8,)),
        "Lambda": (lambda: layers.Lambda(lambda x: x * 2.0), (8,)),
        "Reshape": (lambda: layers.Reshape((2, 4)), (8,)),
        "Permute": (lambda: layers.Permute((2, 1)), (4, 8)),
        "RepeatVector": (lambda: layers.RepeatVector(3), (8,)),
        "Masking": (lambda: layers.Masking(), (4, 8)),
        "MaxPooling1D": (lambda: layers.MaxPooling1D(), (4, 8)),
        "Identity": (lambda: layers.Identity(), (8,)),
        "Activation": (lambda: layers.Activation("gelu"), (8,)),
        "UnitNormalization": (lambda: layers.UnitNormalization(), (8,)),
        "AveragePooling2D": (lambda: layers.AveragePooling2D(2), (4, 4, 8)),
        "GlobalMaxPooling1D": (lambda: layers.GlobalMaxPooling1D(), (4, 8)),
        "GlobalAveragePooling2D": (lambda: layers.GlobalAveragePooling2D(), (4, 4, 8)),
        "UpSampling2D": (lambda: layers.UpSampling2D(), (4, 4, 8)),
        "ZeroPadding2D": (lambda: layers.ZeroPadding2D(), (4, 4, 8)),
        "Cropping2D": (lambda: layers.Cropping2D(), (4, 4, 8)),
        "Flatten": (lambda: layers.Flatten(), (4, 4, 8)),
    }
    if KERAS == "2":
        weighted["LocallyConnected1D"] = (lambda: layers.LocallyConnected1D(3, 2), (6, 4))
        weighted["LocallyConnected2D"] = (lambda: layers.LocallyConnected2D(3, 2), (6, 6, 4))
    else:
        weighted["RMSNormalization"] = (lambda: layers.RMSNormalization(), (5,))
    found: dict[str, tuple[Factory, Any]] = {}
    for name, (make, shape) in weighted.items():
        found[name] = (lambda make=make, shape=shape: in_sequence(make(), shape=shape), numbers(*shape))
    for name, (make, shape) in plain.items():
        found[name] = (
            lambda make=make, shape=shape: in_sequence(
                layers.Dense(shape[-1], kernel_regularizer="l2"), make(), shape=shape
            ),
            numbers(*shape),
        )
    tokens = tf.constant([[1, 2, 3, 4]])
    found["Embedding"] = (lambda: in_sequence(layers.Embedding(7, 3), shape=(4,)), tokens)
    if hasattr(layers, "ReversibleEmbedding"):
        found["ReversibleEmbedding"] = (reversible, tokens)
    if hasattr(layers, "DenseFeatures"):
        found["DenseFeatures"] = (features, {"word": tf.constant([[1], [3]])})
    found["StatefulGRU"] = (stateful, numbers(6, 4))
    for name in ("Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"):
        if hasattr(layers, name):
            found[name] = (lambda name=name: attention(getattr(layers, name)), numbers(5, 4))
    for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"):
        found[name] = (lambda name=name: merged(getattr(layers, name)), numbers(5))
    return found


def reversible() -> Any:
    embedding = layers.ReversibleEmbedding(7, 3, tie_weights=False)
    given = tf.keras.Input([4], dtype="int32")
    return tf.keras.Model(given, embedding(layers.Dense(3)(embedding(given)), reverse=True))


def features() -> Any:
    column = tf.feature_column.embedding_column(tf.feature_column.categorical_column_with_identity("word", 7), 3)
    return tf.keras.Sequential([layers.DenseFeatures([column]), layers.Dense(2)])


def stateful() -> Any:
    given = tf.keras.Input(batch_shape=(4, 6, 4))
    return tf.keras.Model(given, layers.GRU(3, stateful=True)(given))


def attention(kind: Any) -> Any:
    given = tf.keras.Input([5, 4])
    projected = layers.Dense(4)(given)
    if kind.__name__ == "MultiHeadAttention":
        attended = kind(2, 3)(projected, given)
    elif "Quer" in kind.__name__:
        attended = kind(head_dim=3, num_query_heads=4, num_key_value_heads=2)(projected, given)
    else:
        attended = kind()([projected, given])
    return tf.keras.Model(given, attended)


def merged(kind: Any) -> Any:
    given = tf.keras.Input([5])
    branches = [layers.Dense(8)(given), layers.Dense(8)(given)]
    return tf.keras.Model(given, kind(axes=1)(branches) if kind is layers.Dot else kind()(branches))


def probabilistic_layers() -> dict[str, tuple[Factory, Any]]:
    """The layers of TFP, which are made for Keras 2."""
    tfpl, tfd = tfp.layers, tfp.distributions

    def prior(kernel_size: int, bias_size: int = 0, dtype: Any = None) -> Any:
        size = kernel_size + bias_size
        normal = tfpl.DistributionLambda(lambda loc: tfd.Independent(tfd.Normal(loc, 1.0), 1))
        return tf.keras.Sequential([tfpl.VariableLayer(size, dtype=dtype), normal])

    def posterior(kernel_size: int, bias_size: int = 0, dtype: Any = None) -> Any:
        size = kernel_size + bias_size
        return tf.keras.Sequential(
            [
                tfpl.VariableLayer(2 * size, dtype=dtype, initializer="ones"),
                tfpl.DistributionLambda(
                    lambda t: tfd.Independent(tfd.Normal(t[..., :size], 1e-5 + tf.nn.softplus(t[..., size:])), 1)
                ),
            ]
        )

    outputs = {
        "OneHotCategorical": tfpl.OneHotCategorical(3),
        "IndependentNormal": tfpl.IndependentNormal(2),
        "IndependentBernoulli": tfpl.IndependentBernoulli(2),
        "IndependentLogistic": tfpl.IndependentLogistic(2),
        "IndependentPoisson": tfpl.IndependentPoisson(2),
        "MultivariateNormalTriL": tfpl.MultivariateNormalTriL(2),
        "MixtureNormal": tfpl.MixtureNormal(3, 2),
        "MixtureLogistic": tfpl.MixtureLogistic(3, 2),
        "MixtureSameFamily": tfpl.MixtureSameFamily(3, tfpl.IndependentNormal(2)),
        "DistributionLambda": tfpl.DistributionLambda(lambda t: tfd.Normal(t[..., :4], tf.nn.softplus(t[..., 4:]))),
        "KLDivergenceAddLoss": tfpl.IndependentNormal(
            2, activity_regularizer=tfpl.KLDivergenceRegularizer(tfd.Independent(tfd.Normal([0.0, 0.0], 1.0), 1))
        ),
        "CategoricalMixtureOfOneHotCategorical": tfpl.CategoricalMixtureOfOneHotCategorical(3, 2),
    }
    found: dict[str, tuple[Factory, Any]] = {}
    for name, output in outputs.items():
        size = {"MixtureSameFamily": 15, "DistributionLambda": 8, "KLDivergenceAddLoss": 4}.get(name)
        if size is None:
            size = type(output).params_size(*((3, 2) if "Mixture" in name else (3 if "OneHot" in name else 2,)))
        found[f"tfpl.{name}"] = (
            lambda output=output, size=size: in_sequence(layers.Dense(size), output, shape=(5,)),
            numbers(5),
        )
    variational: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
        "DenseReparameterization": (lambda: tfpl.DenseReparameterization(3), (5,)),
        "DenseLocalReparameterization": (lambda: tfpl.DenseLocalReparameterization(3), (5,)),
        "DenseFlipout": (lambda: tfpl.DenseFlipout(3), (5,)),
        "Convolution1DReparameterization": (lambda: tfpl.Convolution1DReparameterization(3, 2), (6, 4)),
        "Convolution2DReparameterization": (lambda: tfpl.Convolution2DReparameterization(3, 2), (6, 6, 4)),
        "Convolution3DReparameterization": (lambda: tfpl.Convolution3DReparameterization(3, 2), (4, 4, 4, 2)),
        "Convolution1DFlipout": (lambda: tfpl.Convolution1DFlipout(3, 2), (6, 4)),
        "Convolution2DFlipout": (lambda: tfpl.Convolution2DFlipout(3, 2), (6, 6, 4)),
        "Convolution3DFlipout": (lambda: tfpl.Convolution3DFlipout(3, 2), (4, 4, 4, 2)),
        "DenseVariational": (lambda: tfpl.DenseVariational(3, posterior, prior), (5,)),
        "VariableLayer": (lambda: tfpl.VariableLayer((5,), initializer="ones"), (5,)),
        "AutoregressiveTransform": (lambda: autoregressive(), (3,)),
        "VariationalGaussianProcess": (lambda: gaussian_process(), (1,)),
    }
    for name, (make, shape) in variational.items():
        found[f"tfpl.{name}"] = (lambda make=make, shape=shape: in_sequence(make(), shape=shape), numbers(*shape))
    return found


def autoregressive() -> Any:
    normal = tfp.layers.DistributionLambda(
        lambda x: tfp.distributions.Sample(tfp.distributions.Normal(tf.zeros(tf.shape(x)[:1]), 1.0), 3)
    )
    network = tfp.bijectors.AutoregressiveNetwork(params=2, hidden_units=[4], activation="tanh")
    return tf.keras.Sequential([normal, tfp.layers.AutoregressiveTransform(network)])


def gaussian_process() -> Any:
    class Kernel(layers.Layer):
        def __init__(self):
            super().__init__()
            self.amplitude = self.add_weight(name="amplitude", shape=(), initializer="ones")
            self.length = self.add_weight(name="length", shape=(), initializer="ones")

        def call(self, x):
            return x

        @property
        def kernel(self):
            return tfp.math.psd_kernels.ExponentiatedQuadratic(
                tf.nn.softplus(self.amplitude), tf.nn.softplus(self.length)
            )

    return tfp.layers.VariationalGaussianProcess(
        num_inducing_points=4,
        kernel_provider=Kernel(),
        event_shape=(1,),
        inducing_index_points_initializer=tf.keras.initializers.RandomNormal(),
        jitter=1e-3,
    )


def all_models() -> dict[str, tuple[Factory, Any]]:
    """Everything that there is for the Keras of this process."""
    found = {**stock_layers(), **applications()}
    return {**probabilistic_layers(), **found} if KERAS == "2" else found


WITHOUT_WEIGHTS = frozenset(
    {
        "ThresholdedReLU", "CategoryEncoding", "CenterCrop", "Discretization", "HashedCrossing", "Hashing",
        "IntegerLookup", "Normalization", "Rescaling", "Resizing", "StringLookup", "TextVectorization", "MixUp",
        "CutMix", "AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization",
        "MaxNumBoundingBoxes", "MelSpectrogram", "Pipeline", "RandAugment", "STFTSpectrogram", "Solarization",
    }
)  # fmt: skip
"""What prepares data: no gradient goes through it, or it has no weights that train."""
FAMILIES = ("Random", "Global", "Adaptive", "Spatial", "AveragePooling", "MaxPooling", "AvgPool", "MaxPool",
            "UpSampling", "ZeroPadding", "Cropping")  # fmt: skip
"""One of each stands for all."""
NO_STOCK = frozenset(
    {
        "Layer", "Wrapper", "AbstractRNNCell", "InputLayer", "InputSpec", "StackedRNNCells", "SimpleRNNCell", "GRUCell",
        "LSTMCell", "RNN", "FlaxLayer", "JaxLayer", "TorchModuleWrapper", "TFSMLayer", "BlockwiseInitializer",
        "KLDivergenceRegularizer",
    }
)  # fmt: skip
"""What others are made of, and what runs the code of another framework or a saved graph."""


def not_covered() -> list[str]:
    """The public layers for which there is no model here."""
    public = {name: made for name, made in vars(layers).items() if isinstance(made, type)}
    probabilistic = {name: made for name, made in vars(tfp.layers).items() if isinstance(made, type)}
    if KERAS == "2":
        public.update(probabilistic)
    known = {name.removeprefix("tfpl.") for name in all_models()} | WITHOUT_WEIGHTS | NO_STOCK
    covered = {public[name] for name in known if name in public}
    return sorted(name for name, made in public.items() if made not in covered and not name.startswith(FAMILIES))


@dataclass(frozen=True)
class Outcome:
    """What a probe of a healthy model came to."""

    variables: int
    alarms: tuple[str, ...]
    zeros: int
    """Gradients of zeros that are no finding."""


def outcome(factory: Factory, inputs: Any) -> Outcome:
    """Probe a model: every finding, and everything that could not be checked, is an alarm."""
    report = gradlint.probe(factory, inputs)
    alarms = [str(each.message) for each in report.diagnostics if each.severity is not Severity.NOTE]
    alarms += [f"{each.path}: {each.gradient}" for each in report.findings]
    alarms += [f"not checked: {each.path}: {each.reason}" for each in report.not_checked]
    zeros = sum(each.gradient == "zero" for each in report.variables)
    return Outcome(len(report.variables) + len(report.untracked), tuple(alarms), zeros)

"""A probe finds nothing in healthy models; `python -m benchmarks.stock_models` asks all that there are."""

import pytest

from tests.probe import stock
from tests.probe.dialect import KERAS

FEW = [
    "MobileNetV3Small", "Dense", "EinsumDense", "BatchNormalization", "SpectralNormalization", "PReLU",
    "SeparableConv2D", "SimpleRNN", "LSTM", "DroppingLSTM", "StatefulGRU", "Bidirectional", "ConvLSTM2D", "RNNOfCells",
    "TimeDistributed", "Masking", "Softmax", "ActivityRegularization", "Embedding", "Attention", "MultiHeadAttention",
    "Maximum", "Dot",
]  # fmt: skip
OF_ONE_DIALECT = {
    "2": [
        "LocallyConnected1D", "DenseFeatures", "tfpl.MixtureNormal", "tfpl.KLDivergenceAddLoss", "tfpl.DenseFlipout",
        "tfpl.DenseVariational", "tfpl.AutoregressiveTransform", "tfpl.VariationalGaussianProcess",
    ],
    "3": ["GroupQueryAttention", "RMSNormalization", "ReversibleEmbedding"],
}  # fmt: skip
MODELS = stock.all_models()


def test_every_stock_layer_has_a_model():
    assert stock.not_covered() == []


@pytest.mark.parametrize("name", [*FEW, *OF_ONE_DIALECT[KERAS]])
def test_no_finding(name):
    if name not in MODELS:
        pytest.skip("a layer that this Keras does not have yet")
    found = stock.outcome(*MODELS[name])
    assert found.variables
    assert found.alarms == ()

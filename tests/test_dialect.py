"""What a file itself says about its Keras."""

from __future__ import annotations

import pytest

from gradlint.run import Dialect
from gradlint.static import dialect_of_source

TWO, THREE = Dialect.KERAS_2, Dialect.KERAS_3


@pytest.mark.static
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import tensorflow as tf\nfrom tensorflow import keras\nimport keras as k", None),
        ("import tf_keras", TWO),
        ("def f():\n    from tf_keras import layers", TWO),
        ("import tf_keras.layers as L", TWO),
        ("# import tf_keras", None),
        ('"""\nimport tf_keras\n"""', None),
        ("try:\n    import tf_keras as keras\nexcept ImportError:\n    from tensorflow import keras", None),
        ("if version(tf) >= 16:\n    import tf_keras as keras\nelse:\n    from tensorflow import keras", None),
        ("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '1'", TWO),
        ("from os import environ\nenviron['TF_USE_LEGACY_KERAS'] = 'True'", TWO),
        ("import os\nos.environ.setdefault('TF_USE_LEGACY_KERAS', '1')", TWO),
        ("import os\nos.putenv('TF_USE_LEGACY_KERAS', '1')", TWO),
        ("import os\nos.environ.update({'A': 'b', 'TF_USE_LEGACY_KERAS': '1'})", TWO),
        ("import os\nos.environ.update(TF_USE_LEGACY_KERAS='1')", TWO),
        ("if __name__ == '__main__':\n    import os\n    os.environ['TF_USE_LEGACY_KERAS'] = '1'", TWO),
        ("import os\nos.environ['TF_USE_LEGACY_KERAS'] = '0'", None),
        ("import os\nif old:\n    os.environ['TF_USE_LEGACY_KERAS'] = '1'", None),
        ("import os\ndef f():\n    os.environ['TF_USE_LEGACY_KERAS'] = '1'", None),
        ("import os\n# os.environ['TF_USE_LEGACY_KERAS'] = '1'", None),
        ("import os\nprint(os.environ.get('TF_USE_LEGACY_KERAS', '1'))", None),
        ("class A:\n    def build(self, s):\n        self.w = self.add_weight('w', shape=[1])", TWO),
        ("class A:\n    def build(self, s):\n        self.w = self.add_weight('w', [1])", TWO),
        ("class A:\n    def build(self, s):\n        self.w = self.add_weight(\n            'w', [1])", TWO),
        ("class A:\n    def build(self, s):\n        self.w = self.add_weight(name='w', shape=[1])", None),
        ("class A:\n    def add_weight(self, n, s): pass\n    def f(self): self.add_weight('w', [1])", None),
        ("import keras\ny = keras.ops.exp(x)", THREE),
        ("from keras import layers, ops", THREE),
        ("from keras import (\n    layers,\n    ops,\n)\nkeras.ops", THREE),
        ("from keras.ops import exp", THREE),
        ("import keras.ops as O", THREE),
        ("import tensorflow as tf\ny = tf.keras.ops.exp(x)", THREE),
        ("import keras\nclass A(keras.Layer): pass", THREE),
        ("import keras\nclass A(keras.layers.Layer): pass", None),
        ("import keras\nif hasattr(keras, 'ops'):\n    y = keras.ops.exp(x)", None),
        ("import keras\ny = keras.ops.exp(x) if keras.__version__ > '3' else 0", None),
        ("import keras\n# keras.ops.exp", None),
        ("from mine import keras\ny = keras.ops.exp(x)", None),
        ("from tensorflow.keras import backend as K\nphase = K.learning_phase()", TWO),
        ("from tensorflow import keras\nkeras.layers.experimental.preprocessing.Rescaling()", TWO),
        ("import tf_keras\nimport keras\ny = keras.ops.exp(x)", None),
        ("import tf_keras\nthis is no Python", None),
    ],
)
def test_what_a_file_settles(text, expected):
    assert dialect_of_source(text) is expected


@pytest.mark.tape
def test_the_other_keras_has_none_of_these_names():
    import keras
    import tensorflow as tf

    from gradlint.static.knowledge import names_of_dialect
    from tests.tape import DIALECT

    def has(name: str) -> bool:
        found = [tf.keras] if DIALECT == "2" else [tf.keras, keras]
        for part in name.split(".")[1:]:
            found = [getattr(each, part) for each in found if hasattr(each, part)]
        return bool(found)

    own, other = Dialect(DIALECT), Dialect("3" if DIALECT == "2" else "2")
    assert [name for name in names_of_dialect(other) if has(name)] == []
    assert any(has(name) for name in names_of_dialect(own))

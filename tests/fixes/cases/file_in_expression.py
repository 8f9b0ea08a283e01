"""Setup reads a file within the expression: what is read is kept, not the file, which is at its end then."""

# fix: unsafe

import json
import tempfile

import tensorflow as tf

with tempfile.NamedTemporaryFile("w", delete=False) as file:
    json.dump({"factor": 2.0}, file)


class Scale(tf.keras.layers.Layer):
    def build(self, shape):
        self.raw = self.add_weight(name="raw", shape=[3], initializer="ones")
        self.factor = json.load(open(file.name))["factor"] * tf.exp(self.raw)

    def call(self, x):
        return x * self.factor


def make_model():
    return Scale()


def inputs():
    return tf.random.stateless_normal([4, 3], seed=(1, 2))

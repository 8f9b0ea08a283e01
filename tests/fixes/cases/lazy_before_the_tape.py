"""What the first call of a script set up is computed whenever it is read."""

# fix: unsafe

import tensorflow as tf


class Linear(tf.Module):
    def __init__(self):
        super().__init__()
        self.initialized = False

    def _initialize(self, x):
        if not self.initialized:
            self.gain = tf.Variable(tf.ones([x.shape[-1]]), name="gain")
            self.scale = tf.nn.softplus(self.gain)
            self.initialized = True

    def __call__(self, x):
        self._initialize(x)
        return x * self.scale


net = Linear()
x = tf.ones([3, 4])
net(x)
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(net(x) ** 2)
gradients = {"gain": tape.gradient(loss, net.gain)}

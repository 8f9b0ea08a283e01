"""Which Keras this process runs."""

import os

import tensorflow as tf

_NEW = tuple(int(part) for part in tf.__version__.split(".")[:2]) >= (2, 16)
KERAS = "3" if _NEW and os.environ.get("TF_USE_LEGACY_KERAS") not in ("1", "True", "true") else "2"

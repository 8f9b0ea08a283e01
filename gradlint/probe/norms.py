"""Norms of gradients, written for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradlint.probe.recording import hooks


class Norms:
    """A log folder. It needs TensorFlow only; TensorBoard is what reads it."""

    def __init__(self, folder: str) -> None:
        self._writer: Any = hooks.tensorflow().summary.create_file_writer(folder)

    def write(self, step: int, norms: Mapping[str, float | None]) -> None:
        """One point of the curve `gradient_norm/PATH` for each weight that has a gradient."""
        tf = hooks.tensorflow()
        metadata = tf.compat.v1.SummaryMetadata(
            plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class=1
        )
        with self._writer.as_default():
            for path, norm in norms.items():
                if norm is not None:
                    tf.summary.write(f"gradient_norm/{path}", tf.constant(norm, tf.float32), step, metadata)
        self._writer.flush()

    def close(self) -> None:
        """Nothing more will be written."""
        self._writer.close()

"""What the command line was told: it travels to the process that runs the program."""

from __future__ import annotations

from dataclasses import dataclass

LEGACY_KERAS = "TF_USE_LEGACY_KERAS"
"""The environment variable by which TensorFlow chooses its Keras; it reads it once, when it is imported."""
CHOICES = {"2": "1", "3": "0"}


@dataclass(frozen=True)
class ProbeOptions:
    """One run of `gradlint probe`. `timeout` is in seconds."""

    target: str
    inputs: str | None = None
    input_shapes: tuple[str, ...] = ()
    loss: str | None = None
    training: bool = True
    keras: str | None = None
    output_format: str = "full"
    output_file: str | None = None
    color: str = "auto"
    accept: tuple[tuple[str, str], ...] = ()
    accepted_by_project: tuple[tuple[str, str], ...] = ()
    """What the config accepts, for whatever model is probed."""
    timeout: float | None = None
    numeric: bool = False
    per_layer: bool = False

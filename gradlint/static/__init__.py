"""The static half: journeys followed in the source. Imports no TensorFlow and runs no user code."""

from gradlint.static.analysis import FileAnalysis, NotChecked, analyse_source, dialect_of_source, has_trigger

__all__ = ["FileAnalysis", "NotChecked", "analyse_source", "dialect_of_source", "has_trigger"]

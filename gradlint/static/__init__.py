"""The static half: journeys followed in the source. Imports no TensorFlow and runs no user code."""

from gradlint.static.analysis import FileAnalysis, NotChecked, analyse_source
from gradlint.static.dialect import dialect_of_source
from gradlint.static.exports import importers_of, is_worth_following
from gradlint.static.forgetting import forget_files
from gradlint.static.heirs import defines_heir
from gradlint.static.modules import ModuleFinder, finder_for, has_trigger
from gradlint.static.own_words import use

__all__ = [
    "FileAnalysis",
    "ModuleFinder",
    "NotChecked",
    "analyse_source",
    "defines_heir",
    "dialect_of_source",
    "finder_for",
    "forget_files",
    "has_trigger",
    "importers_of",
    "is_worth_following",
    "use",
]

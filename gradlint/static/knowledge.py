"""What the static half knows of TensorFlow, Keras and TFP: the tables of `vocabulary/`, asked by canonical name."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib import resources
from typing import Any

from gradlint.run import Dialect, Kind
from gradlint.static.names import canonical
from gradlint.static.values import Flavour
from gradlint.vocabulary import Vocabulary


@cache
def _table(name: str) -> dict[str, Any]:
    text = (resources.files("gradlint.static") / "vocabulary" / f"{name}.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    if _own[0] != Vocabulary():
        _add_own(name, table, _own[0])
    return table


_own = [Vocabulary()]
"""The words that the project of the present file adds to the tables."""


def own_vocabulary() -> Vocabulary:
    """The words that the project of the present file adds to the tables."""
    return _own[0]


def set_own_vocabulary(vocabulary: Vocabulary) -> None:
    """Put other words in their place; whoever does must forget what was concluded (see `own_words`)."""
    _own[0] = vocabulary


def _add_own(name: str, table: dict[str, Any], own: Vocabulary) -> None:
    """Lay the project's own words over one table."""
    if name == "core":
        table["creates"].update((canonical(key), value) for key, value in own.creates)
        table["bases"].update((canonical(key), value) for key, value in own.bases)
        lists = {key.replace("-", "_"): [canonical(each) for each in names] for key, names in own.lists}
        table["operations_prefixes"] += [*lists.pop("gradient", ()), *lists.get("no_gradient", ())]
        lists.pop("no_gradient", None)
        table["layer_prefixes"] += lists.get("layers_with_weights", ())
        for key, names in lists.items():
            table[key] += names
    elif name == "tfp":
        table.update((canonical(key), carrier.entry()) for key, carrier in own.carriers)
    elif name == "tf":
        table["none"] += [canonical(each) for each in own.listed("no-gradient")]


@cache
def own_names() -> frozenset[str]:
    """The dotted names of the project's own words."""
    return frozenset(map(canonical, _own[0].names()))


@cache
def own_creators() -> frozenset[str]:
    """The last parts of the project's own names that make weights."""
    made = (*(name for name, _ in _own[0].creates), *_own[0].listed("layers-with-weights"))
    return frozenset(name.rpartition(".")[2] for name in made)


@cache
def _hand_kept() -> dict[str, Any]:
    return {**_table("core"), **_table("constructors"), **_table("remedies")}


@cache
def _names(key: str) -> frozenset[str]:
    return frozenset(_hand_kept()[key])


@cache
def _prefixes(key: str) -> tuple[str, ...]:
    return tuple(_hand_kept()[key])


@lru_cache(maxsize=4096)
def base_kind(name: str) -> str | None:
    """What a library class makes of the classes derived from it (a value of `Host`), or None if it is not known."""
    core = _table("core")
    if name in core["bases"]:
        return str(core["bases"][name])
    for prefix, kind in core["base_prefixes"].items():
        if name.startswith(prefix):
            return str(kind)
    return "something else" if name.startswith("builtins.") else None


def created_flavour(name: str) -> Flavour | None:
    """What kind of variable a callable creates, if it creates one."""
    found = _table("core")["creates"].get(name)
    return Flavour(found) if found else None


def among(key: str, name: str) -> bool:
    """Whether a hand-kept list of names holds `name`."""
    return name in _names(key)


OF_KERAS = (
    "attributes_of_models",
    "plain_attributes",
    "harmless_methods",
    "called_by_keras",
    "creating_methods",
    "stock_settings",
)


def is_of_keras(name: str) -> bool:
    """Whether layers, models or modules have an attribute of that name from their library."""
    return name.startswith("__") or any(among(key, name) for key in OF_KERAS)


def names_in(key: str) -> frozenset[str]:
    """All names of a hand-kept list."""
    return _names(key)


def lost_arguments(name: str) -> dict[str, int]:
    """The parameters of an operation through which no gradient comes back, by name, with their positions."""
    lost: dict[str, int] = _table("arguments").get(name, {})
    return lost


def fields_of(name: str) -> dict[str, str]:
    """What the tape says of each result of an operation that gives several, by the field's name, in order."""
    fields: dict[str, str] = _table("core")["several_results"].get(name, {})
    return fields


@cache
def short_names(key: str) -> frozenset[str]:
    """The last parts of the names of a hand-kept list."""
    return frozenset(name.rpartition(".")[2] for name in _table("core")[key])


def version_of(name: str, dialect: Dialect) -> str | None:
    """The version that a library says it is, by the name that says so, where programs of a dialect run."""
    versions: dict[str, str] = _table("core")["versions"][dialect.value]
    return versions.get(name)


def starts_among(key: str, name: str) -> bool:
    """Whether a hand-kept list of prefixes fits `name`."""
    return name.startswith(_prefixes(key))


def keeps_state(name: str) -> bool:
    """Whether a library class keeps what its objects are given in variables of their own, as metrics do."""
    return among("states", name) or (starts_among("states_prefixes", name) and is_class(name))


def is_class(name: str) -> bool:
    """Whether a library's name is written as classes are: `MSE` is a function."""
    last = name.rpartition(".")[2]
    return last[:1].isupper() and not last.isupper()


def tensor_operands(name: str) -> int | None:
    """How many of an operation's leading arguments are tensors, where shapes, axes or numbers follow them."""
    found: int | None = _table("constructors")["tensor_operands"].get(name)
    return found


def dtype_given_by(name: str) -> tuple[int, ...]:
    """The positions of the arguments whose dtype a function's result has."""
    positions: list[int] = _table("core")["dtype_given_by"].get(name, [])
    return tuple(positions)


@lru_cache(maxsize=4096)
def carrier_entry(name: str) -> dict[str, Any] | None:
    """The measured entry of a constructor that keeps what it is given: kind, parameters, what it freezes."""
    entry: dict[str, Any] | None = _table("tfp").get(name)
    if entry is None and name.rpartition(".")[2][:1].isupper():
        for prefix, kind in _table("core")["carrier_prefixes"].items():
            if name.startswith(prefix):
                return {"kind": kind}
    return entry


@cache
def carrier_names() -> frozenset[str]:
    """The last names of all measured constructors."""
    return frozenset(name.rpartition(".")[2] for name in _table("tfp"))


def weights_of_layer(name: str) -> dict[str, bool]:
    """The measured attributes under which a stock layer keeps its own weights, and whether each is trained."""
    found: dict[str, bool] = _table("layers").get(name, {})
    return found


def attributes_of_layer(name: str) -> frozenset[str] | None:
    """The measured attributes that a stock layer has or assigns; None for what was not measured."""
    found: str | None = _table("attributes").get(name)
    return None if found is None else frozenset(found.split())


def carrier_kind(name: str) -> Kind | None:
    """What kind of carrier a constructor makes."""
    entry = carrier_entry(name)
    return Kind(entry["kind"]) if entry else None


@cache
def _verdicts() -> dict[str, str]:
    table = _table("tf")
    return {name: verdict for verdict in ("none", "zero", "error") for name in table[verdict]}


def counterpart(name: str) -> dict[str, Any] | None:
    """TensorFlow's function of the same meaning as one of NumPy or `math`: its name, and the arguments they share."""
    found: dict[str, Any] | None = _table("remedies")["counterparts"].get(name)
    return found


@cache
def passes_gradient(name: str) -> bool:
    """Whether the tape was asked of an operation, and it lets a gradient through."""
    return name in _table("tf")["gradient"]


def is_measured(name: str) -> bool:
    """Whether the tape was asked of a function; raw operations are named as classes are."""
    return passes_gradient(name) or name in _verdicts()


def inverse(name: str) -> dict[str, str] | None:
    """The function that undoes an operation, and the bijector of TFP that does both."""
    found: dict[str, str] | None = _table("remedies")["inverses"].get(name)
    return found


def verdict_of(name: str) -> str | None:
    """What the tape says of an operation's gradient, where it is not there: none, zero or error."""
    return _verdicts().get(name)


@cache
def names_of_dialect(dialect: Dialect) -> frozenset[str]:
    """The public names that only one Keras has."""
    return frozenset(_table("dialects").get(f"keras {dialect.value} only", ()))

"""What kind of object a class of the project makes, and where its methods come from."""

from __future__ import annotations

from enum import Enum

from gradlint.static.knowledge import attributes_of_layer, base_kind, is_of_keras
from gradlint.static.values import Class, Opaque, Symbol, Value


class Host(Enum):
    """What runs an object's methods."""

    KERAS = "Keras"
    MODULE = "tf.Module"
    CARRIER = "TFP object"
    PLAIN = "plain object"
    UNKNOWN = "base class not seen"
    FOREIGN = "something else"


def linear_bases(type_: Class) -> list[Value]:
    """The classes in which attributes are looked up, in Python's order (C3 for what the project defines)."""
    if type_.order is None:
        type_.order = [Opaque()]  # what a class that is among its own bases would see
        type_.order = _merge(type_)
    return type_.order


def _merge(type_: Class) -> list[Value]:
    inherited: list[list[Value]] = [linear_bases(base) if isinstance(base, Class) else [base] for base in type_.bases]
    if len(inherited) == 1:
        return [type_, *inherited[0]]
    sequences: list[list[Value]] = [*inherited, list(type_.bases)]
    order: list[Value] = [type_]
    while any(sequences):
        sequences = [sequence for sequence in sequences if sequence]
        head = next(
            (s[0] for s in sequences if not any(s[0] in other[1:] for other in sequences)),
            sequences[0][0],
        )
        order.append(head)
        sequences = [[value for value in sequence if value != head] for sequence in sequences]
    return order


def lookup(type_: Class, name: str, behind: Class | None = None) -> Value | None:
    """A member by name, as attribute lookup on the class finds it; from behind a class for `super()`."""
    order = linear_bases(type_)
    if behind is not None and behind in order:
        order = order[order.index(behind) + 1 :]
    for base in order:
        if isinstance(base, Class):
            if name in base.members:
                return base.members[name]
        elif not (isinstance(base, Symbol) and base.name == "builtins.object") and not _lacks(base, name):
            return Opaque() if host_kind(base) is Host.UNKNOWN else None
    return None


def _lacks(base: Value, name: str) -> bool:
    """Whether a library's class provably has no such member, so that the classes behind it are asked."""
    if host_kind(base) not in (Host.KERAS, Host.MODULE) or is_of_keras(name):
        return False
    measured = attributes_of_layer(base.name) if isinstance(base, Symbol) else None
    return measured is None or name not in measured


def host_kind(base: Value) -> Host:
    """What a base that the project does not define makes of its heirs."""
    if isinstance(base, Symbol):
        kind = base_kind(base.name)
        return Host(kind) if kind else Host.UNKNOWN
    return Host.UNKNOWN


def host_of(type_: Class) -> Host:
    """What kind of object a class makes: the most telling of its bases decides."""
    kinds = {host_kind(base) for base in linear_bases(type_) if not isinstance(base, Class)}
    for kind in (Host.FOREIGN, Host.KERAS, Host.CARRIER, Host.MODULE, Host.UNKNOWN):
        if kind in kinds:
            return kind
    return Host.PLAIN


def is_closed(type_: Class) -> bool:
    """Whether every base is known, so that what is not there is not there."""
    return Host.UNKNOWN not in {host_kind(base) for base in linear_bases(type_) if not isinstance(base, Class)}

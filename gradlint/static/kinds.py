"""Of which class a value is, as far as the source tells."""

from __future__ import annotations

from gradlint.run import Kind
from gradlint.static.hosts import Host, host_of, is_closed, linear_bases
from gradlint.static.values import (
    Carrier,
    Class,
    Constant,
    Container,
    Flavour,
    Function,
    Instance,
    Partial,
    Reference,
    Symbol,
    Tensor,
    Value,
)

PLAIN_TYPES = frozenset(f"builtins.{name}" for name in ("str", "int", "float", "bool", "bytes", "complex", "range"))
COLLECTIONS = frozenset(f"builtins.{name}" for name in ("list", "tuple", "dict", "set", "frozenset"))
TENSORS = frozenset({"tf.Variable", "tf.Tensor"})
KNOWN_TYPES = PLAIN_TYPES | COLLECTIONS | TENSORS
"""The library classes of which it is known what is none of them."""
PYTHON_TYPES: dict[str, type] = {
    f"builtins.{type_.__name__}": type_ for type_ in (str, int, float, bool, bytes, complex, range, tuple)
}


def is_one(value: Value, type_: Value) -> bool | None:
    """Whether a value is of a class, or of one of several; None where that is not known."""
    if isinstance(type_, Container):
        found = {is_one(value, each) for each in type_.values()}
        return True if True in found else False if found == {False} else None
    if type_ == Symbol("builtins.object"):
        return True
    if isinstance(type_, Class):
        return _is_own(value, type_)
    return _is_of_library(value, type_.name) if isinstance(type_, Symbol) else None


def _is_own(value: Value, type_: Class) -> bool | None:
    """Whether a value is of a class of the project."""
    if isinstance(value, Instance):
        if type_ in linear_bases(value.type):
            return True
        decided = is_closed(value.type) and not any(isinstance(base, Symbol) for base in linear_bases(type_))
        return False if decided else None
    if isinstance(value, Container) and value.made_by is not None:
        return type_ in linear_bases(value.made_by)
    plain = isinstance(value, (Constant, Container, Function, Partial, Carrier, Tensor))
    return False if plain or (isinstance(value, Reference) and value.flavour is not Flavour.PARAMETER) else None


def _is_of_library(value: Value, name: str) -> bool | None:
    """Whether a value is of a class that the project does not define."""
    if isinstance(value, Constant):
        known = PYTHON_TYPES.get(name)
        return isinstance(value.value, known) if known is not None else False if name in KNOWN_TYPES else None
    if isinstance(value, Container):
        if name == f"builtins.{value.type}" and value.begun is None:
            return True
        return False if name in PLAIN_TYPES | TENSORS else None
    if isinstance(value, Reference) and value.flavour is not Flavour.PARAMETER:
        if name == "tf.Variable":
            return value.flavour is Flavour.TF
        return False if name in KNOWN_TYPES else None
    if isinstance(value, Tensor):
        sure = bool(value.origins) and not value.symbolic and all(origin.cut is None for origin in value.origins)
        return None if not sure else True if name == "tf.Tensor" else False if name in KNOWN_TYPES else None
    if isinstance(value, Carrier):
        is_base = value.kind is Kind.DISTRIBUTION and name == "tfp.distributions.Distribution"
        return True if is_base or value.name == name else False if name in KNOWN_TYPES else None
    if isinstance(value, Instance):
        if Symbol(name) in linear_bases(value.type):
            return True
        return False if name in KNOWN_TYPES and is_closed(value.type) and host_of(value.type) is Host.PLAIN else None
    return False if isinstance(value, (Function, Class, Partial)) and name in KNOWN_TYPES else None

"""`tf.nest`, structures of lists, tuples and dicts, and what else is given functions of values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gradlint.static import builtin_calls
from gradlint.static.machine import Arguments, Machine
from gradlint.static.reading import call_unknown, operate
from gradlint.static.values import Anywhere, Container, Function, Method, Opaque, Partial, Place, Symbol, Union, Value

DEEPEST = 12


def flatten(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """The leaves of a structure, in the order in which they stand; those of what is not known may be any."""
    structure = arguments.get(0, "structure")
    if structure is None:
        return call_unknown(machine, place, arguments.everything)
    leaves = list(_leaves(structure))
    exact = all(known and not isinstance(leaf, (Opaque, Union)) for known, leaf in leaves)
    return Container("list", {i if exact else Anywhere(i): leaf for i, (_, leaf) in enumerate(leaves)})


def _leaves(value: Value, depth: int = 0) -> Iterator[tuple[bool, Value]]:
    """Each leaf, and whether the place is known at which it stands."""
    if not isinstance(value, Container) or depth > DEEPEST:
        yield depth <= DEEPEST, value
        return
    pairs = value.pairs()
    if value.type == "dict" and value.exact:
        pairs.sort(key=lambda pair: str(pair[0]))
    for _, element in pairs:
        for known, leaf in _leaves(element, depth + 1):
            yield known and value.exact, leaf


def map_structure(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A function of each leaf of one structure."""
    function, structure = arguments.get(0, "func"), arguments.get(1, "structure")
    if isinstance(structure, Container) and function is not None and len(arguments.positional) == 2:
        return _mapped(structure, lambda leaf: machine.call(machine, function, Arguments((leaf,)), place))
    if structure is not None and isinstance(function, (Function, Partial, Symbol)) and len(arguments.positional) == 2:
        element = builtin_calls.any_element(machine, structure, place)
        return Container("list", {Anywhere(0): machine.call(machine, function, Arguments((element,)), place)})
    return applied(machine, arguments, place)


def _mapped(structure: Container, function: Callable[[Value], Value], depth: int = 0) -> Value:
    return Container(
        structure.type,
        {
            key: _mapped(one, function, depth + 1) if isinstance(one, Container) and depth < DEEPEST else function(one)
            for key, one in structure.pairs()
        },
    )


def applied(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """What becomes of values that are given to a library together with functions of them."""
    operands = tuple(
        value for value in arguments.everything if not isinstance(value, (Function, Partial, Symbol, Method))
    )
    given = operate(machine, place, operands)
    results: list[Value] = [given]
    for value in arguments.everything:
        if isinstance(value, (Function, Partial)):
            results.append(machine.call(machine, value, Arguments(extra=(given,), is_open=True), place))
        elif isinstance(value, (Symbol, Method)):
            results.append(machine.call(machine, value, Arguments((given,)), place))
    return operate(machine, place, tuple(results))

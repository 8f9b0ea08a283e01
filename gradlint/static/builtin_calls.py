"""Python's own functions, and the methods of lists, dicts and strings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

from gradlint.run import Kind
from gradlint.static import attributes
from gradlint.static.creating import copied
from gradlint.static.decisions import note_decision
from gradlint.static.dtypes import integer_result
from gradlint.static.enums import members_of
from gradlint.static.hosts import Host, host_of
from gradlint.static.keys import known_key, shown_key
from gradlint.static.kinds import is_one
from gradlint.static.knowledge import among
from gradlint.static.machine import Arguments, AttributeMissingError, Machine
from gradlint.static.protocols import asked_by_function, walked_through
from gradlint.static.reading import call_unknown, operate, operate_cutting
from gradlint.static.records import all_fields, constructor_fields
from gradlint.static.sizes import size_from
from gradlint.static.values import (
    INTEGER,
    UNKNOWN,
    Anywhere,
    Carrier,
    Constant,
    Container,
    Flavour,
    Instance,
    LibraryObject,
    ModuleValue,
    Opaque,
    Partial,
    Place,
    Reference,
    Symbol,
    Tensor,
    Union,
    Value,
    join,
)

MOST_ELEMENTS = 64


LONGEST = 4096
"""A sequence that is extended beyond so many elements keeps them no more apart."""


def joined(values: list[Value]) -> Value:
    """Any one of the values."""
    result: Value = UNKNOWN
    for number, value in enumerate(values):
        result = value if number == 0 else join(result, value)
    return result


def _iterated(machine: Machine, value: Value, place: Place) -> Value:
    """What is gone through where something is iterated over, as it is then."""
    if isinstance(value, Instance):
        found = walked_through(machine, value, place)
        value = value if found is None else found
    return value.used_under(machine.tapes) if isinstance(value, Container) else value


def elements_of(machine: Machine, value: Value, place: Place) -> list[Value] | None:
    """What iterating over a value gives, in order, or None where the number of elements is not known."""
    value = _iterated(machine, value, place)
    members = members_of(value)
    if members is not None:
        return list(members)
    if isinstance(value, Container):
        if not value.exact:
            return None
        if value.type == "dict":
            return [shown_key(key) for key in value.items]
        return list(value.values())
    if (
        isinstance(value, Constant)
        and isinstance(value.value, (str, tuple, range))
        and len(value.value) <= MOST_ELEMENTS
    ):
        return [Constant(element) for element in value.value]
    return None


def any_element(machine: Machine, value: Value, place: Place) -> Value:
    """What any element of a value may be."""
    value = _iterated(machine, value, place)
    if isinstance(value, Container):
        if value.type == "dict":
            return joined([shown_key(key) for key in value.items])
        return joined(list(value.values()))
    if isinstance(value, Reference) and value.flavour is Flavour.PARAMETER:
        return value  # what is iterated over is a list of them
    if isinstance(value, (Reference, Tensor)):
        return operate(machine, place, (value,))
    if isinstance(value, Union):
        return joined([any_element(machine, alternative, place) for alternative in value.alternatives])
    if isinstance(value, Constant):
        return UNKNOWN
    return value if isinstance(value, Opaque) else call_unknown(machine, place, (value,))


def call_builtin(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value:
    """A function of `builtins`, `operator`, `itertools`, `collections`, `copy`."""
    own = asked_by_function(machine, name, arguments.positional, place)
    if own is not None:
        return own
    short = name.partition(".")[2]
    handler = BUILTINS.get(short)
    if handler is not None:
        return handler(machine, arguments, place)
    if among("integer_results", name):
        return INTEGER
    if among("shape_only", name):
        for value in arguments.everything:
            if isinstance(value, Reference):
                value.variable.read = True
        return UNKNOWN
    if among("leaves_tensorflow", name):
        left = operate_cutting(machine, place, arguments.everything, Kind.LEAVES_TENSORFLOW, short)
        return left if left.origins else UNKNOWN
    if among("operators", name):
        return replace(operate(machine, place, arguments.everything), dtype=integer_result(name, arguments))
    if among("returns_argument", name):
        return arguments.get(0) or UNKNOWN
    return call_unknown(machine, place, arguments.everything)


def _listed(type_: str) -> Callable[[Machine, Arguments, Place], Value]:
    def handler(machine: Machine, arguments: Arguments, place: Place) -> Value:
        if not arguments.positional and not arguments.extra:
            items: dict[object, Value] = dict(arguments.keywords) if type_ == "dict" else {}
            return Container(type_, items)
        given = arguments.positional[0] if arguments.positional else UNKNOWN
        if type_ == "tuple" and isinstance(given, Opaque) and given.size:  # the same whenever that shape is
            return given
        if type_ == "dict":
            if isinstance(given, Container) and given.type == "dict":
                return Container("dict", {**given.items, **dict(arguments.keywords)})
            pairs = elements_of(machine, given, place)
            if pairs is not None and all(isinstance(p, Container) and p.exact and len(p.items) == 2 for p in pairs):
                found: dict[object, Value] = {}
                for pair in pairs:
                    if isinstance(pair, Container):
                        key, value = pair.values()
                        found[known_key(key, len(found))] = value
                return Container("dict", {**found, **dict(arguments.keywords)})
            return Container("dict", {Anywhere(0): any_element(machine, given, place)})
        elements = elements_of(machine, given, place)
        if elements is None:
            return Container(type_, {Anywhere(0): any_element(machine, given, place)})
        return Container(type_, dict(enumerate(elements)))

    return handler


def _range(machine: Machine, arguments: Arguments, place: Place) -> Value:
    numbers = [v.value for v in arguments.positional if isinstance(v, Constant) and isinstance(v.value, int)]
    if numbers and len(numbers) == len(arguments.positional) and (len(numbers) < 3 or numbers[2] != 0):
        return Constant(range(*numbers))
    for value in arguments.positional:
        note_decision(machine, value, place)
    return UNKNOWN


def _enumerate(machine: Machine, arguments: Arguments, place: Place) -> Value:
    given = arguments.get(0) or UNKNOWN
    elements = elements_of(machine, given, place)
    if elements is None:
        pair = Container("tuple", {0: UNKNOWN, 1: any_element(machine, given, place)})
        return Container("list", {Anywhere(0): pair})
    return Container("list", {i: Container("tuple", {0: Constant(i), 1: e}) for i, e in enumerate(elements)})


def _zip(machine: Machine, arguments: Arguments, place: Place) -> Value:
    columns = [
        None if _stands_for_more(value) else elements_of(machine, value, place) for value in arguments.positional
    ]
    if any(column is None for column in columns) or arguments.extra:
        row = Container("tuple", {i: any_element(machine, v, place) for i, v in enumerate(arguments.positional)})
        return Container("list", {Anywhere(0): row})
    rows = zip(*(column for column in columns if column is not None), strict=False)
    return Container("list", {i: Container("tuple", dict(enumerate(row))) for i, row in enumerate(rows)})


def _stands_for_more(value: Value) -> bool:
    """Whether a list holds what stands for all weights of a stock layer."""
    return isinstance(value, Container) and any(
        isinstance(one, Reference) and one.variable.lazy for one in value.values()
    )


def _map(machine: Machine, arguments: Arguments, place: Place) -> Value:
    if len(arguments.positional) < 2:
        return call_unknown(machine, place, arguments.everything)
    function, *sequences = arguments.positional
    columns = [elements_of(machine, value, place) for value in sequences]
    if any(column is None for column in columns):
        given = tuple(any_element(machine, value, place) for value in sequences)
        return Container(
            "list", {Anywhere(0): machine.call(machine, function, Arguments(given), place)}, begun=machine.tapes
        )
    rows = zip(*(column for column in columns if column is not None), strict=False)
    results = {i: machine.call(machine, function, Arguments(tuple(row)), place) for i, row in enumerate(rows)}
    return Container("list", dict(results), begun=machine.tapes)


def _starmap(machine: Machine, arguments: Arguments, place: Place) -> Value:
    function, rows = arguments.get(0) or UNKNOWN, elements_of(machine, arguments.get(1) or UNKNOWN, place)
    given = [elements_of(machine, row, place) for row in rows] if rows is not None else [None]
    results = [
        call_unknown(machine, place, arguments.everything)
        if row is None
        else machine.call(machine, function, Arguments(tuple(row)), place)
        for row in given
    ]
    elements = {i if rows is not None else Anywhere(i): result for i, result in enumerate(results)}
    return Container("list", elements, begun=machine.tapes)


def _getter(name: str) -> Callable[[Machine, Arguments, Place], Value]:
    def handler(machine: Machine, arguments: Arguments, place: Place) -> Value:
        return LibraryObject(name, arguments.positional, place)

    return handler


CALLED_METHOD = "operator.methodcaller()"
"""What is called here that `methodcaller` makes: the method's name, its own arguments, then the object."""


def _caller(machine: Machine, arguments: Arguments, place: Place) -> Value:
    name, *given = arguments.positional or (UNKNOWN,)
    return Partial(Symbol(CALLED_METHOD), (name, *given), arguments.keywords, place)


def _identity(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`id(value)`: as a key, an object of the project is as good as its number."""
    value = arguments.get(0)
    return value if isinstance(value, Instance) else UNKNOWN


def _type(machine: Machine, arguments: Arguments, place: Place) -> Value:
    given = arguments.get(0)
    return given.type if isinstance(given, Instance) and len(arguments.everything) == 1 else UNKNOWN


def _reversed(machine: Machine, arguments: Arguments, place: Place) -> Value:
    given = arguments.get(0) or UNKNOWN
    elements = elements_of(machine, given, place)
    if elements is None:
        return given
    return Container("list", dict(enumerate(reversed(elements))))


def _getattr(machine: Machine, arguments: Arguments, place: Place) -> Value:
    target, name, default = arguments.get(0), arguments.get(1), arguments.get(2)
    if target is None or not isinstance(name, Constant) or not isinstance(name.value, str):
        return call_unknown(machine, place, arguments.everything)
    there = attributes.has(machine, target, name.value)
    if there is False:
        if default is not None:
            return default
        if machine.expects_missing:
            raise AttributeMissingError(name.value)
    found = attributes.get(machine, target, name.value, place)
    return found if there is True or default is None else join(found, default)


def _setattr(machine: Machine, arguments: Arguments, place: Place) -> Value:
    target, name, value = arguments.get(0), arguments.get(1), arguments.get(2)
    if target is None or value is None:
        return UNKNOWN
    if isinstance(name, Constant) and isinstance(name.value, str):
        attributes.put(machine, target, name.value, value, place, f"self.{name.value}")
    elif isinstance(target, Instance):
        for key, known in list(target.attributes.items()):
            machine.write(target.attributes, key, Opaque((known, value)))
    return Constant(None)


def _hasattr(machine: Machine, arguments: Arguments, place: Place) -> Value:
    target, name = arguments.get(0), arguments.get(1)
    if target is None or not isinstance(name, Constant) or not isinstance(name.value, str):
        return UNKNOWN
    there = attributes.has(machine, target, name.value)
    return UNKNOWN if there is None else Constant(there)


def _isinstance(machine: Machine, arguments: Arguments, place: Place) -> Value:
    value, type_ = arguments.get(0), arguments.get(1)
    known = None if value is None or type_ is None else is_one(value, type_)
    return UNKNOWN if known is None else Constant(known)


def _length(machine: Machine, arguments: Arguments, place: Place) -> Value:
    value = arguments.get(0)
    if isinstance(value, Container) and value.exact:
        return Constant(len(value.items))
    if isinstance(value, Constant) and isinstance(value.value, (str, tuple, range)):
        return Constant(len(value.value))
    if isinstance(value, Reference):
        value.variable.read = True
    return INTEGER


def _next(machine: Machine, arguments: Arguments, place: Place) -> Value:
    value = arguments.get(0) or UNKNOWN
    elements = elements_of(machine, value, place)
    return elements[0] if elements else any_element(machine, value, place)


def _first(machine: Machine, arguments: Arguments, place: Place) -> Value:
    return arguments.get(0) or UNKNOWN


def _deep_copy(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`copy.deepcopy(value)`: of a weight it makes another one, to which no tape follows."""
    value = arguments.get(0)
    if isinstance(value, Reference) and machine.tapes:
        return operate_cutting(machine, place, (value,), Kind.ASSIGN, "deepcopy")
    plain = isinstance(value, Instance) and host_of(value.type) is Host.PLAIN
    if value is not None and (plain or isinstance(value, (Reference, Carrier, Container, Constant))):
        return copied(machine, value, place)
    return call_unknown(machine, place, arguments.everything)


def _filter(machine: Machine, arguments: Arguments, place: Place) -> Value:
    return Container("list", {Anywhere(0): any_element(machine, arguments.get(1) or UNKNOWN, place)})


def _sum(machine: Machine, arguments: Arguments, place: Place) -> Value:
    dtype = integer_result("builtins.sum", arguments)
    return replace(operate(machine, place, arguments.everything), dtype=dtype)


def _product(machine: Machine, arguments: Arguments, place: Place) -> Value:
    columns = [elements_of(machine, value, place) for value in arguments.positional]
    if any(column is None for column in columns):
        row = Container("tuple", {i: any_element(machine, v, place) for i, v in enumerate(arguments.positional)})
        return Container("list", {Anywhere(0): row})
    rows = list(product(*(column for column in columns if column is not None)))[:MOST_ELEMENTS]
    return Container("list", {i: Container("tuple", dict(enumerate(row))) for i, row in enumerate(rows)})


def _defaultdict(machine: Machine, arguments: Arguments, place: Place) -> Value:
    factory = arguments.get(0)
    given = _listed("dict")(machine, replace(arguments, positional=arguments.positional[1:]), place)
    if factory is not None and factory != Constant(None) and isinstance(given, Container):
        given.default = Partial(factory, (), (), place)
    return given


def _bool(machine: Machine, arguments: Arguments, place: Place) -> Value:
    value = arguments.get(0)
    if isinstance(value, Constant):
        return Constant(bool(value.value))
    return operate_cutting(machine, place, arguments.everything, Kind.LEAVES_TENSORFLOW, "bool")


def _number(type_: Callable[[object], object], name: str) -> Callable[[Machine, Arguments, Place], Value]:
    def handler(machine: Machine, arguments: Arguments, place: Place) -> Value:
        value = arguments.get(0)
        if not arguments.everything and not arguments.is_open:
            return Constant(type_(0))
        if isinstance(value, Constant) and isinstance(value.value, (bool, int, float)):
            return Constant(type_(value.value)) if abs(value.value) < 2**53 else UNKNOWN
        if isinstance(value, Constant) and isinstance(value.value, str) and value.value.isdecimal():
            return Constant(type_(value.value)) if len(value.value) < 16 else UNKNOWN
        size = None if value is None else size_from(name, value)
        if size is not None:
            return size
        left = operate_cutting(machine, place, arguments.everything, Kind.LEAVES_TENSORFLOW, name)
        dtype = INTEGER.dtype if name == "int" else None
        return replace(left if left.origins else UNKNOWN, dtype=dtype)

    return handler


def _rounded(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`round(x)`, which is an integer where the number of digits is not named."""
    value, digits = arguments.get(0, "number"), arguments.get(1, "ndigits")
    if isinstance(value, Constant) and isinstance(value.value, (int, float)) and digits is None:
        return INTEGER
    left = operate_cutting(machine, place, arguments.everything, Kind.LEAVES_TENSORFLOW, "round")
    plain = isinstance(value, Opaque) and not value.parts and digits is None and not arguments.is_open
    return INTEGER if plain else left if left.origins else UNKNOWN


def _vars(machine: Machine, arguments: Arguments, place: Place) -> Value:
    given = arguments.get(0)
    if isinstance(given, ModuleValue):
        return attributes.names_of_module(given.module)
    return attributes.attributes_of(given) if isinstance(given, Instance) else Opaque(arguments.everything)


def _chain(machine: Machine, arguments: Arguments, place: Place) -> Value:
    columns = [elements_of(machine, value, place) for value in arguments.positional]
    if arguments.extra or any(column is None for column in columns):
        found = [any_element(machine, value, place) for value in arguments.everything]
        return Container("list", {Anywhere(i): one for i, one in enumerate(found)}, begun=machine.tapes)
    whole = [one for column in columns for one in column or ()]
    return Container("list", dict(enumerate(whole)), begun=machine.tapes)


def _set_attribute(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`object.__setattr__(self, name, value)`: past what the class itself would do."""
    target, name, value = arguments.get(0), arguments.get(1), arguments.get(2)
    known = isinstance(name, Constant) and isinstance(name.value, str)
    if not isinstance(target, Instance) or value is None or not known or not isinstance(name, Constant):
        return call_unknown(machine, place, arguments.everything)
    attributes.put_plainly(machine, target, str(name.value), value, place, f"self.{name.value}")
    return Constant(None)


def _property(machine: Machine, arguments: Arguments, place: Place) -> Value:
    return Partial(Symbol("builtins.property"), arguments.positional, arguments.keywords, place)


def _replaced_record(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`dataclasses.replace(record, field=…)`."""
    record = arguments.get(0)
    if not isinstance(record, Instance) or len(arguments.positional) != 1 or arguments.is_open:
        return call_unknown(machine, place, arguments.everything)
    names = constructor_fields(record.type)
    given = {name: record.attributes[name] for name in names if name in record.attributes}
    keywords = {**given, **dict(arguments.keywords)}
    return machine.call(machine, record.type, Arguments((), tuple(keywords.items())), place)


def _as_dict(machine: Machine, arguments: Arguments, place: Place) -> Value:
    """`dataclasses.asdict(record)`."""
    record = arguments.get(0)
    if not isinstance(record, Instance):
        return call_unknown(machine, place, arguments.everything)
    return Container("dict", {name: record.attributes.get(name, UNKNOWN) for name in all_fields(record.type)})


BUILTINS: dict[str, Callable[[Machine, Arguments, Place], Value]] = {
    "list": _listed("list"),
    "tuple": _listed("tuple"),
    "set": _listed("set"),
    "frozenset": _listed("set"),
    "sorted": _listed("list"),
    "iter": _listed("list"),
    "dict": _listed("dict"),
    "OrderedDict": _listed("dict"),
    "deque": _listed("list"),
    "defaultdict": _defaultdict,
    "range": _range,
    "enumerate": _enumerate,
    "zip": _zip,
    "map": _map,
    "starmap": _starmap,
    "attrgetter": _getter("operator.attrgetter"),
    "itemgetter": _getter("operator.itemgetter"),
    "methodcaller": _caller,
    "id": _identity,
    "type": _type,
    "filter": _filter,
    "reversed": _reversed,
    "getattr": _getattr,
    "setattr": _setattr,
    "hasattr": _hasattr,
    "isinstance": _isinstance,
    "len": _length,
    "next": _next,
    "sum": _sum,
    "product": _product,
    "bool": _bool,
    "round": _rounded,
    "float": _number(float, "float"),  # type: ignore[arg-type]
    "int": _number(int, "int"),  # type: ignore[arg-type]
    "copy": _first,
    "deepcopy": _deep_copy,
    "chain": _chain,
    "object.__setattr__": _set_attribute,
    "property": _property,
    "replace": _replaced_record,
    "asdict": _as_dict,
    "vars": _vars,
}


LONGEST_TEXT = 200
SPLITTING = {"split": "list", "rsplit": "list", "partition": "tuple", "rpartition": "tuple"}
"""The methods that take a string apart, and what they give."""


def _split(text: str, name: str, values: list[object]) -> Value:
    try:
        parts = getattr(text, name)(*values)
    except (TypeError, ValueError):  # the program would raise it, too
        return UNKNOWN
    return Container(SPLITTING[name], {i: Constant(part) for i, part in enumerate(parts[:MOST_ELEMENTS])})


def call_constant_method(machine: Machine, receiver: Constant, name: str, arguments: Arguments, place: Place) -> Value:
    """A method of a string or another literal: folded where it is cheap and certain."""
    given = arguments.positional
    if isinstance(receiver.value, str) and name == "join" and len(given) == 1:
        parts = elements_of(machine, given[0], place) or ()
        texts = [part.value for part in parts if isinstance(part, Constant) and isinstance(part.value, str)]
        if texts and len(texts) == len(parts) and sum(map(len, texts)) < LONGEST_TEXT:
            return Constant(receiver.value.join(texts))
    if isinstance(receiver.value, str) and not arguments.keywords and all(isinstance(v, Constant) for v in given):
        values = [v.value for v in given if isinstance(v, Constant)]
        if name in ("lower", "upper", "strip", "title", "capitalize") and not values:
            return Constant(getattr(receiver.value, name)())
        if name in SPLITTING and len(values) <= 2 and all(isinstance(v, (str, int)) and v for v in values):
            return _split(receiver.value, name, values)
        texts = [value for value in values if isinstance(value, str)]
        short = len(receiver.value) < LONGEST_TEXT and sum(map(len, texts)) < LONGEST_TEXT
        if name == "replace" and len(texts) == len(values) == 2 and short:
            return Constant(receiver.value.replace(texts[0], texts[1]))
        if name in ("startswith", "endswith") and len(values) == 1 and isinstance(values[0], str):
            return Constant(getattr(receiver.value, name)(values[0]))
        plain = len(receiver.value) < LONGEST_TEXT and "{" not in receiver.value.replace("{}", "")
        short = all(isinstance(v, (str, int)) and len(str(v)) < 100 for v in values)
        if name == "format" and plain and short and receiver.value.count("{}") == len(values):
            return Constant(receiver.value.format(*values))
    operands = tuple(value for value in arguments.everything if not isinstance(value, Constant))
    return call_unknown(machine, place, operands)

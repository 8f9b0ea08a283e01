"""What the constructors of a file's own distributions, bijectors, kernels and linear operators keep of their arguments.

Each parameter that may hold a tensor counts as a hypothetical weight. The constructor runs as setup does, then every
method runs under a tape of its own: what reaches a result by way of a tensor that the constructor made is frozen.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from gradlint.run import Dialect, End, Journey, Phase
from gradlint.static import calls, expressions, interpreter, statements
from gradlint.static.carriers import make_carrier
from gradlint.static.dtypes import dtype_of
from gradlint.static.floats import Told, told_of
from gradlint.static.hosts import Host, host_of, linear_bases, lookup
from gradlint.static.journeys import journeys_of_object
from gradlint.static.knowledge import among, carrier_entry, starts_among, tensor_operands
from gradlint.static.machine import EVERYTHING_UNKNOWN, Arguments, Machine, MissingError, OutOfBudgetError
from gradlint.static.modules import ModuleFinder
from gradlint.static.reading import origins_of, parts_of
from gradlint.static.scopes import Frame, Module, Scope
from gradlint.static.values import (
    BASE,
    NO_ORIGINS,
    UNKNOWN,
    Class,
    Constant,
    Container,
    Flavour,
    Function,
    Instance,
    Method,
    Origin,
    Origins,
    Place,
    Reference,
    Super,
    Symbol,
    Tensor,
    Union,
    Value,
    Variable,
)

SAMPLES = "(samples)"
"""The attribute that is false where an instance tells TFP that no gradient passes its samples."""
SHARE = 40_000
"""The steps that one way of making an object of a class may take."""
BUDGET = 2_000_000
"""The steps that a file may take."""
MOST_OPTIONAL = 12


@dataclass
class Constructors:
    """The journeys of hypothetical weights, and the classes that were too long to follow."""

    journeys: list[Journey] = field(default_factory=list)
    not_checked: list[tuple[ast.AST, str]] = field(default_factory=list)


def judge_constructors(module: Module, finder: ModuleFinder | None) -> Constructors:
    """Judge every class of `module` over a distribution, bijector, kernel or linear operator."""
    module = Module(module.filename, module.name, module.lines, module.tree, path=module.path)
    treated: set[Variable] = set()
    machine = Machine(
        keras=Dialect.KERAS_2,
        evaluate=expressions.evaluate,
        execute=statements.execute,
        call=partial(_call, treated),
        assign=statements.assign,
        load=interpreter.load,
        finder=finder,
        budget=BUDGET,
    )
    machine.modules[module.path] = module
    found = Constructors()
    try:
        _define(machine, module)
        for type_ in machine.classes:
            if type_.module is module and is_judged(type_):
                _judge(machine, type_, treated, found)
    except OutOfBudgetError as error:
        found.not_checked.append((module.tree, str(error)))
    except RecursionError:
        found.not_checked.append((module.tree, "the code is nested too deeply"))
    return found


def _define(machine: Machine, module: Module) -> None:
    """Run the module's own statements for what they define; only what decorates a definition is called."""
    frame = Frame(module, module.scope)
    for statement in module.tree.body:
        machine.calls_functions = isinstance(statement, (ast.FunctionDef, ast.ClassDef))
        try:
            if machine.execute(machine, [statement], frame) is not None:
                break
        except MissingError:
            continue
    machine.calls_functions = True
    machine.settle(frame)


def is_judged(type_: Class) -> bool:
    """Whether a class is a distribution, bijector, kernel or linear operator with a constructor of the project."""
    return host_of(type_) is Host.CARRIER and any(
        isinstance(base, Symbol) and starts_among("judged_bases", base.name) for base in linear_bases(type_)
    )


def _judge(machine: Machine, type_: Class, treated: set[Variable], found: Constructors) -> None:
    """Judge a class under every way of giving it its optional arguments: all of them, and each of them alone."""
    initializer = lookup(type_, "__init__")
    if not isinstance(initializer, Function) or not isinstance(initializer.node, ast.FunctionDef):
        return
    given = _hypothetical(type_, initializer, initializer.node)
    place = Place(type_.module, type_.node, type_.name)
    ways: set[Origin] = set()
    tapes: set[int] = set()
    for arguments in given.calls():
        tape = machine.new_tape()
        tapes.add(tape)
        mark = len(machine.journal)
        try:
            with machine.sharing(SHARE):
                ways |= _run(machine, type_, initializer, arguments, tape, place)
        except OutOfBudgetError as error:
            if machine.budget <= machine.share:
                raise
            found.not_checked.append((type_.node, str(error)))
            return
        finally:
            machine.undo(mark)
    guilty = [variable for variable, said in given.told.items() if said is Told.TENSOR or variable in treated]
    for variable in guilty:
        variable.label = variable.name
    uncut = frozenset(origin for origin in ways if origin.cut is None)
    journeys = journeys_of_object(type_.name, guilty, uncut, frozenset(tapes), frozenset(), None, False)
    found.journeys.extend(journey for journey in journeys if journey.has(End.FROZEN))


def _run(
    machine: Machine, type_: Class, initializer: Function, arguments: Arguments, tape: int, place: Place
) -> Origins:
    """The ways to the results of every method of an object made so; none if it cannot be made so."""
    instance = Instance(type_)
    before, machine.raised = machine.raised, 0
    with machine.during(Phase.SETUP, frozenset()):
        made = _guarded(calls.run_initializer, machine, replace(initializer, receiver=instance), arguments, place)
    refused, machine.raised = machine.raised, before
    if (refused and made == UNKNOWN) or not _holds_frozen(instance, set()):
        return NO_ORIGINS
    origins: Origins = NO_ORIGINS
    with machine.during(Phase.FORWARD, frozenset({tape})):
        for method in _methods(type_, instance.attributes.get(SAMPLES) != Constant(False)):
            origins |= _reads(machine, replace(method, receiver=instance), place)
        if BASE in instance.attributes:
            origins |= origins_of(machine, instance.attributes[BASE], place)
    return origins


def _holds_frozen(value: Value, seen: set[int]) -> bool:
    """Whether an object holds a tensor computed from a parameter, be it in the closure of a function."""
    if isinstance(value, Tensor):
        return any(origin.cut is None for origin in value.origins)
    if id(value) in seen:
        return False
    seen.add(id(value))
    parts = list(parts_of(value))
    if isinstance(value, Function):
        scope: Scope | None = value.scope
        while scope is not None and scope is not value.module.scope:
            parts.extend(scope.names.values())
            scope = scope.parent
    return any(_holds_frozen(part, seen) for part in parts)


def _guarded(
    run: Callable[[Machine, Function, Arguments, Place], Value],
    machine: Machine,
    function: Function,
    arguments: Arguments,
    place: Place,
) -> Value:
    try:
        return run(machine, function, arguments, place)
    except MissingError:
        return UNKNOWN


def _reads(machine: Machine, method: Function, place: Place) -> Origins:
    """The ways that the result of a method carries; what it assigns is forgotten."""
    mark = len(machine.journal)
    origins = origins_of(machine, _guarded(calls.call_function, machine, method, EVERYTHING_UNKNOWN, place), place)
    machine.undo(mark)
    return origins


def _methods(type_: Class, samples: bool) -> list[Function]:
    """The methods and properties of a class whose results someone may differentiate, and no mere helpers of theirs."""
    found: dict[str, Function] = {}
    for base in linear_bases(type_):
        if isinstance(base, Class):
            for name, member in base.members.items():
                if isinstance(member, Function):
                    found.setdefault(name, member)
            for name, known in base.properties.items():
                if known.descriptor is None:
                    found.setdefault(name, known.getter)
    return [member for name, member in found.items() if _is_asked(name) and (samples or "sample_n" not in name)]


def _is_asked(name: str) -> bool:
    if name.startswith("_"):
        return name == "__call__" or among("hooks", name)
    return not among("metadata_methods", name)


@dataclass(frozen=True)
class Given:
    """The arguments of a hypothetical call: a weight for each parameter that may be one."""

    told: dict[Variable, Told]
    positional: tuple[Value, ...]
    keywords: tuple[tuple[str, Value], ...]
    optional: tuple[str, ...]
    """The parameters whose default is None, of which some exclude each other."""

    def calls(self) -> Iterator[Arguments]:
        """All arguments at once, the necessary ones alone, and those with each of the optional ones."""
        yield Arguments(self.positional, self.keywords)
        alone = (frozenset({name}) for name in self.optional[:MOST_OPTIONAL]) if len(self.optional) > 1 else ()
        for chosen in (frozenset[str](), *alone) if self.optional else ():
            left_out = {*self.optional} - chosen
            keywords = ((key, Constant(None) if key in left_out else value) for key, value in self.keywords)
            yield Arguments(self.positional, tuple(keywords))


def _hypothetical(type_: Class, initializer: Function, node: ast.FunctionDef) -> Given:
    told: dict[Variable, Told] = {}
    positional: list[Value] = []
    keywords: list[tuple[str, Value]] = []
    optional: list[str] = []
    for parameter, default in _parameters(node):
        said = told_of(parameter, default, type_, node)
        value: Value = UNKNOWN
        if said is not Told.OTHER:
            created = Place(initializer.module, parameter, initializer.name)
            variable = Variable(parameter.arg, created, Flavour.PARAMETER, True, False, dtype=None, label=parameter.arg)
            told[variable] = said
            value = Reference(variable, Flavour.PARAMETER)
            if isinstance(default, ast.Constant) and default.value is None:
                optional.append(parameter.arg)
        if parameter in node.args.posonlyargs:
            positional.append(value)
        else:
            keywords.append((parameter.arg, value))
    return Given(told, tuple(positional), tuple(keywords), tuple(optional))


def _parameters(node: ast.FunctionDef) -> list[tuple[ast.arg, ast.expr | None]]:
    """The parameters behind `self`, with their defaults."""
    signature = node.args
    positional = [*signature.posonlyargs, *signature.args]
    defaults = [*[None] * (len(positional) - len(signature.defaults)), *signature.defaults]
    return [
        *zip(positional[1:], defaults[1:], strict=True),
        *zip(signature.kwonlyargs, signature.kw_defaults, strict=True),
    ]


# -- calls ------------------------------------------------------------------------------------------------------


def _call(treated: set[Variable], machine: Machine, callee: Value, arguments: Arguments, place: Place) -> Value:
    """What the interpreter's own call gives; noted are the parameters that something treats as a float tensor."""
    base = _initialized(callee, arguments)
    if base is not None:
        instance, given = base
        _keep_for_base(treated, machine, instance, given, place)
        return UNKNOWN
    if isinstance(callee, Method) and isinstance(callee.receiver, Reference):
        treated.add(callee.receiver.variable)
    if not isinstance(callee, Symbol):
        return calls.call(machine, callee, arguments, place)
    asked = _asked_of_parameter(machine, callee.name, arguments, place)
    if asked is not None:
        return asked
    arguments = _without_shapes(callee.name, arguments)
    result = calls.call(machine, callee, arguments, place)
    entry = carrier_entry(callee.name)
    if entry is not None:
        treated.update(_variables(value for _, value in _measured(entry, arguments)))
    elif callee.name.endswith("convert_nonref_to_tensor") and _may_be_float(arguments):
        treated.update(_variables(arguments.positional[:1]))
    elif isinstance(result, Tensor) and not among("weak_operations", callee.name) and _may_be_float(arguments):
        treated.update(origin.variable for origin in result.origins if origin.cut is None)
    return result


def _asked_of_parameter(machine: Machine, name: str, arguments: Arguments, place: Place) -> Value | None:
    """What is known of a hypothetical weight because it is a variable, and because it may be a list of them."""
    first, second = arguments.get(0), arguments.get(1)
    last = name.rpartition(".")[2]
    given = [value for value in (first, second) if isinstance(value, Reference) and value.flavour is Flavour.PARAMETER]
    if not given:
        return None
    if name == "builtins.isinstance":
        types = (
            [second] if isinstance(second, Symbol) else list(second.values()) if isinstance(second, Container) else []
        )
        known = {among("types_of_variables", type_.name) for type_ in types if isinstance(type_, Symbol)}
        return Constant(True) if True in known else Constant(False) if types else UNKNOWN
    if name == "builtins.callable":
        return Constant(False)
    if last in ("is_ref", "is_tensor", "is_trainable_variable"):
        return Constant(True)
    if name == "tf.constant" or (last == "where" and len(arguments.positional) == 1):
        return UNKNOWN
    if ".nest." in name:
        if last.startswith("map_structure") and first is not None and first is not given[0]:
            return machine.call(machine, first, Arguments((given[0],)), place)
        return given[-1]
    return None


def _may_be_float(arguments: Arguments) -> bool:
    """Whether no argument asks for an integer dtype."""
    dtype = dtype_of(arguments.get(None, "dtype", "dtype_hint", "preferred_dtype"))
    return not dtype or not among("integers", dtype)


def _initialized(callee: Value, arguments: Arguments) -> tuple[Instance, Arguments] | None:
    """The instance, and its arguments, where a call is that of the constructor of a library's base class."""
    if isinstance(callee, Method) and callee.name == "__init__":
        receiver = callee.receiver.instance if isinstance(callee.receiver, Super) else callee.receiver
        return (receiver, arguments) if isinstance(receiver, Instance) else None
    if isinstance(callee, Symbol) and callee.name.endswith(".__init__") and arguments.positional:
        first = arguments.positional[0]
        if isinstance(first, Instance):
            return first, replace(arguments, positional=arguments.positional[1:])
    return None


def _keep_for_base(
    treated: set[Variable], machine: Machine, instance: Instance, arguments: Arguments, place: Place
) -> None:
    """Hold what the base class was measured to keep of its arguments."""
    for base in linear_bases(instance.type):
        entry = carrier_entry(base.name) if isinstance(base, Symbol) else None
        if entry is not None and isinstance(base, Symbol):
            given = _measured(entry, arguments)
            treated.update(_variables(value for _, value in given))
            made = make_carrier(machine, base.name, Arguments(keywords=tuple(given)), place)
            machine.write(instance.attributes, BASE, made)
            said = arguments.get(1, "reparameterization_type")
            refused = isinstance(said, Symbol) and said.name.endswith("NOT_REPARAMETERIZED")
            if entry.get("reparameterized") is False or refused:
                machine.write(instance.attributes, SAMPLES, Constant(False))
            return


def _measured(entry: dict[str, object], arguments: Arguments) -> list[tuple[str, Value]]:
    """The arguments of a constructor for parameters that the tape was asked about, by their names."""
    names = entry.get("parameters", ())
    known = {*entry.get("keeps", ()), *entry.get("freezes", ())}  # type: ignore[misc]
    given = [*zip(names, arguments.positional, strict=False), *arguments.keywords]  # type: ignore[call-overload]
    return [(name, value) for name, value in given if name in known]


def _variables(values: Iterable[Value]) -> set[Variable]:
    """The hypothetical weights that values are or were computed from."""
    found: set[Variable] = set()
    for value in values:
        if isinstance(value, Reference):
            found.add(value.variable)
        elif isinstance(value, Tensor):
            found.update(origin.variable for origin in value.origins if origin.cut is None)
        elif isinstance(value, Union):
            found |= _variables(value.alternatives)
    return found


def _without_shapes(name: str, arguments: Arguments) -> Arguments:
    """The same arguments without those that are a shape, an axis, a number of something or a condition."""
    if name.endswith(".where") and len(arguments.positional) > 1:
        arguments = replace(arguments, positional=(UNKNOWN, *arguments.positional[1:]))
    count = tensor_operands(name)
    keywords = tuple((key, UNKNOWN if among("shape_parameters", key) else value) for key, value in arguments.keywords)
    if count is None:
        return replace(arguments, keywords=keywords)
    rest = len(arguments.positional) - count
    return replace(arguments, positional=(*arguments.positional[:count], *[UNKNOWN] * rest), keywords=keywords)

"""Reading and writing attributes."""

from __future__ import annotations

import ast
from dataclasses import replace

from gradlint.run import Dialect, Kind
from gradlint.static.holding import LISTS_OF_WEIGHTS, weights_of
from gradlint.static.hosts import Host, host_kind, host_of, is_closed, linear_bases, lookup
from gradlint.static.knowledge import (
    among,
    attributes_of_layer,
    carrier_entry,
    is_of_keras,
    starts_among,
    version_of,
    weights_of_layer,
)
from gradlint.static.labels import label_attribute
from gradlint.static.listing import lists_of
from gradlint.static.machine import Arguments, AttributeMissingError, Machine
from gradlint.static.modules import submodule
from gradlint.static.names import canonical
from gradlint.static.own_words import own_name
from gradlint.static.preparing import is_being_made, is_given_by_helper
from gradlint.static.reading import escape, operate, origins_of, store, use
from gradlint.static.records import fields_of_class
from gradlint.static.scopes import Module
from gradlint.static.sublayers import listed_layers
from gradlint.static.values import (
    BASE,
    INPUT,
    UNKNOWN,
    Carrier,
    Class,
    Constant,
    Container,
    Dispatched,
    Flavour,
    Function,
    Imported,
    Instance,
    Keeper,
    LibraryObject,
    Method,
    ModuleValue,
    Opaque,
    Partial,
    Place,
    Property,
    Reference,
    Super,
    Symbol,
    Tensor,
    Union,
    Value,
    Variable,
    join,
)

__all__ = ["get", "has", "origins_of", "put", "weights_of"]


def of_module(machine: Machine, module: Module, name: str) -> Value:
    """A name of a module of the project, or a module of the package that it is."""
    own = own_name(module.path, name, machine.finder)
    if own is not None:
        return Symbol(own)
    found = module.scope.names.get(name)
    if found is None or found == Imported(module.path, name):
        path = submodule(module.path, name) if module.path else None
        return UNKNOWN if path is None else machine.load(machine, Imported(path, None))
    if isinstance(found, Imported):
        module.scope.names[name] = UNKNOWN  # what leads back here finds nothing
        found = module.scope.names[name] = machine.load(machine, found)
    return found


VERSIONS = ("__version__", "VERSION")
"""What libraries call their versions: only these differ between the dialects, so that nothing else asks for one."""


def get(machine: Machine, value: Value, name: str, place: Place) -> Value:
    """`value.name`.

    Raises:
        AttributeMissingError: it provably is not there, and someone is asking.
    """
    if isinstance(value, Symbol):
        symbol = Symbol(canonical(f"{value.name}.{name}"))
        if name not in VERSIONS:
            return symbol
        version = version_of(symbol.name, machine.dialect)
        return symbol if version is None else Constant(version)
    if isinstance(value, Instance):
        return _of_instance(machine, value, name, place)
    if isinstance(value, Super):
        return _of_super(machine, value, name, place)
    if isinstance(value, ModuleValue):
        return Method(value, name) if name == "__dict__" else of_module(machine, value.module, name)
    if isinstance(value, Class):
        found = lookup(value, name)
        if found is None and name == "__name__":
            return Constant(value.node.name)
        if found is None:
            return _of_metaclass(value, name)
        return _bound_to_class(found, value)
    if isinstance(value, Reference):
        return _of_reference(value, name)
    if isinstance(value, Opaque) and value.size:
        return replace(value, size=f"{value.size}.{name}")
    if isinstance(value, (Tensor, Opaque)) and among("size_attributes", name):
        return Opaque(size=place.module.text(place.node))
    if isinstance(value, (Tensor, Opaque)) and among("shape_attributes", name):
        return UNKNOWN
    if isinstance(value, Carrier):
        return _of_carrier(value, name)
    if isinstance(value, Union):
        result: Value | None = None
        for alternative in value.alternatives:
            if isinstance(alternative, Constant) and alternative.value is None:
                continue
            found = get(machine, alternative, name, place)
            result = found if result is None else join(result, found)
        return UNKNOWN if result is None else result
    if isinstance(value, Container) and value.type == "namespace":
        return value.at(name)
    if isinstance(value, Container) and name in value.fields:
        return value.at(value.fields.index(name))
    if isinstance(value, Container) and value.made_by is not None:
        return _of_named_tuple(machine, value, value.made_by, name, place)
    if isinstance(value, LibraryObject):
        return _of_library_object(machine, value, name, place)
    if isinstance(value, Function) and name == "__name__" and not isinstance(value.node, ast.Lambda):
        return Constant(value.node.name)
    if isinstance(value, Function) and name in ("__name__", "__doc__", "__wrapped__", "__module__"):
        return UNKNOWN
    if isinstance(value, Partial) and name == "func":
        return value.function
    if isinstance(value, Opaque) and not value.parts and name != "minimize":
        return Method(value, name) if value.array and among("array_methods", name) else UNKNOWN
    return Method(value, name)


def _of_metaclass(type_: Class, name: str) -> Value:
    """What a class gets from its metaclass."""
    own = lookup(type_.metaclass, name) if isinstance(type_.metaclass, Class) else None
    if isinstance(own, Function):
        return replace(own, receiver=type_)
    if name == "_fields":
        return fields_of_class(type_) or UNKNOWN
    return Method(type_, name) if name == "from_config" else NEW_OBJECT if name == "__new__" else UNKNOWN


NEW_OBJECT = Symbol("builtins.object.__new__")


def _of_named_tuple(machine: Machine, value: Container, type_: Class, name: str, place: Place) -> Value:
    for base in linear_bases(type_):
        if isinstance(base, Class) and name in base.properties:
            return machine.call(machine, replace(base.properties[name].getter, receiver=value), Arguments(), place)
    member = lookup(type_, name)
    return replace(member, receiver=value) if isinstance(member, Function) else Method(value, name)


def _of_reference(value: Reference, name: str) -> Value:
    value.variable.read = True
    if name == "dtype" and value.variable.dtype is not None:
        return Constant(value.variable.dtype)
    if among("shape_attributes", name):
        return UNKNOWN
    if name == "value" and value.flavour is Flavour.KERAS_3:
        return replace(value, flavour=Flavour.TF)
    if value.flavour is Flavour.PARAMETER and not among("methods_of_parameters", name):
        return UNKNOWN
    if value.flavour is Flavour.TRANSFORMED:
        if name == "pretransformed_input":
            return replace(value, flavour=Flavour.TF)
        if name in ("trainable_variables", "variables"):
            return Container("tuple", {0: replace(value, flavour=Flavour.TF)})
    return Method(value, name)


def attributes_of(instance: Instance) -> Container:
    """The dict that holds an object's attributes."""
    return Container("dict", instance.attributes, owner=instance)


def reference_to(variable: Variable) -> Reference:
    """A weight itself."""
    return Reference(variable, variable.flavour)


def _listed(name: str, weights: list[Reference]) -> Container:
    """The weights of an object under the name of the list that was asked for."""
    kept = (
        [one for one in weights if one.variable.trainable or one.variable.integer]
        if name.startswith("trainable")
        else weights
    )
    return Container("list", dict(enumerate(kept)))


def _of_library_object(machine: Machine, value: LibraryObject, name: str, place: Place) -> Value:
    if name in LISTS_OF_WEIGHTS:
        found = weights_of(value)
        if found:
            return _listed(name, found)
    own = weights_of_layer(value.name)
    if name in own:
        found = [one for one in value.weights if _is_kept_as(one.variable, name, own[name])]
        flavour = Flavour.KERAS_3 if machine.dialect is Dialect.KERAS_3 else Flavour.TF
        return replace(found[0], flavour=flavour, part=name) if found else UNKNOWN
    if name == "loss" and id(value) in machine.compiled:
        return machine.compiled[id(value)]
    if name == "layers" and value.name == "keras.Sequential":
        return value.arguments[0]
    if name in ("input", "inputs") and starts_among("layer_prefixes", value.name):
        return INPUT
    if name in ("output", "outputs"):
        given = machine.call(machine, value, Arguments((INPUT,)), place)
        return Container("list", {0: given}) if name == "outputs" and isinstance(given, (Tensor, Carrier)) else given
    return Method(value, name)


def _is_kept_as(variable: Variable, name: str, trained: bool) -> bool:
    """Whether a variable of a stock layer is what it keeps under a name; one stands for all that it trains."""
    return variable.lazy and (variable.trainable if trained else variable.state and name in variable.name.split(", "))


def _of_carrier(value: Carrier, name: str) -> Value:
    if name in LISTS_OF_WEIGHTS:
        return replace(_listed(name, weights_of(value)), type="tuple")
    same = given_back(value, name)
    if same is not None:
        return same
    for parameter, member in value.members:
        if parameter == name and isinstance(member, (Carrier, Container, Reference, Tensor)):
            return member
    if among("shape_attributes", name) or name in ("batch_shape", "event_shape", "batch_shape_tensor", "parameters"):
        return UNKNOWN
    return Method(value, name)


def given_back(carrier: Carrier, name: str) -> Reference | None:
    """The very weight that a carrier was given, where an attribute, or a method called `name()`, hands it back."""
    parameter = (carrier_entry(carrier.name) or {}).get("gives", {}).get(name)
    member = dict(carrier.members).get(parameter)
    return member if isinstance(member, Reference) else None


def names_of_module(module: Module) -> Method:
    """The dict that holds the names of a module, which are not gone through but asked for one by one."""
    return Method(ModuleValue(module), "__dict__")


def name_of_module(machine: Machine, names: Value, key: Value) -> Value | None:
    """A name of a module, where `names` is the dict of its names; None if it is not, or the key is not known."""
    if not isinstance(names, Method) or not isinstance(names.receiver, ModuleValue) or names.name != "__dict__":
        return None
    if not isinstance(key, Constant) or not isinstance(key.value, str):
        return None
    return of_module(machine, names.receiver.module, key.value)


def _of_instance(machine: Machine, instance: Instance, name: str, place: Place) -> Value:
    for base in linear_bases(instance.type):
        if isinstance(base, Class) and name in base.properties:
            return _property(machine, instance, base.properties[name], name, place)
    if name in instance.attributes:
        found = instance.attributes[name]
        return use(machine, found, place) if machine.tapes else found
    if name == "__class__":
        return instance.type
    if name == "__dict__":
        return attributes_of(instance)
    member = lookup(instance.type, name)
    if member is not None and not isinstance(member, Opaque):
        return _bound(member, instance)
    if isinstance(member, Opaque) or not is_closed(instance.type):
        return Method(instance, name)
    return _of_library_base(machine, instance, name, place)


def _of_library_base(machine: Machine, instance: Instance, name: str, place: Place) -> Value:
    host = host_of(instance.type)
    if machine.expects_missing and has(machine, instance, name) is False:
        raise AttributeMissingError(name)
    if name == "losses" and host is Host.KERAS:
        return _losses(machine, instance, place)
    if host is Host.KERAS or host is Host.MODULE:
        if name in LISTS_OF_WEIGHTS:
            lists = lists_of(machine, instance, host)
            held = weights_of(instance)
            return _listed(name, held if lists is None else [one for one in held if lists.name(one.variable)])
        if host is Host.KERAS and name == "built":
            return Constant(False)
        if name == "loss" and id(instance) in machine.compiled:
            return machine.compiled[id(instance)]
        if host is Host.KERAS and (among("plain_attributes", name) or among("stock_settings", name)):
            return UNKNOWN
        if among("wrapped_attributes", name) and _inherits_stock(instance.type, name):
            return UNKNOWN
        if name == "submodules" or (name == "layers" and host is Host.KERAS):
            return listed_layers(instance, deep=name == "submodules")
        if name == "name":  # whatever it is, it stays
            return Opaque(size=place.module.text(place.node))
        if name == "name_scope":
            return UNKNOWN
        own = lookup(instance.type, "__getattr__")
        if host is Host.KERAS and not (isinstance(own, Function) and not is_of_keras(name)):
            return Method(instance, name)
    if host is Host.CARRIER:
        inner = lookup(instance.type, f"_{name}")
        if isinstance(inner, Function):
            return replace(inner, receiver=instance)
        base = instance.attributes.get(BASE)
        if isinstance(base, Carrier) and name in dict(base.members):
            return _of_carrier(base, name)
        return UNKNOWN if among("carrier_attributes", name) else Method(instance, name)
    special = lookup(instance.type, "__getattr__")
    if isinstance(special, Function):
        return machine.call(machine, replace(special, receiver=instance), Arguments((Constant(name),)), place)
    machine.raised += special is None
    return Method(instance, name) if special else UNKNOWN


def _losses(machine: Machine, instance: Instance, place: Place) -> Value:
    """What the layers added since the tape began, and what their regularizers make of the weights."""
    added = [frozenset(origin for origin in one if origin.tapes & machine.tapes) for one in machine.losses]
    found: list[Value] = [Tensor(origins) for origins in added if origins]
    found += [regularized(machine, one, place) for one in weights_of(instance) if one.variable.regularizer is not None]
    return Container("list", dict(enumerate(found)))


def regularized(machine: Machine, weight: Reference, place: Place) -> Value:
    """What its regularizer makes of a weight."""
    regularizer = weight.variable.regularizer
    if isinstance(regularizer, (Function, Partial, Instance)):
        return machine.call(machine, regularizer, Arguments((weight,)), place)
    return operate(machine, place, (weight,))


def _bound(member: Value, instance: Instance) -> Value:
    if isinstance(member, Partial) and member.function == Symbol("functools.partialmethod") and member.arguments:
        function, *given = member.arguments
        if isinstance(function, Function):
            return Partial(replace(function, receiver=instance), tuple(given), member.keywords, member.made)
    if isinstance(member, Function) and member.receiver is None:
        kind = method_kind(member)
        if kind == "static":
            return member
        return replace(member, receiver=instance.type if kind == "class" else instance)
    return replace(member, receiver=instance) if isinstance(member, Dispatched) and member.by_method else member


def _bound_to_class(member: Value, type_: Class) -> Value:
    if isinstance(member, Function) and member.receiver is None and method_kind(member) == "class":
        return replace(member, receiver=type_)
    return member


def method_kind(member: Function) -> str:
    """Whether a function of a class is a plain, class or static method."""
    if isinstance(member.node, ast.Lambda):
        return "plain"
    names = {decorator.id for decorator in member.node.decorator_list if isinstance(decorator, ast.Name)}
    return "static" if "staticmethod" in names else "class" if "classmethod" in names else "plain"


def _property(machine: Machine, instance: Instance, known: Property, name: str, place: Place) -> Value:
    if known.descriptor is not None:
        if known.setter is None and name in instance.attributes:
            return instance.attributes[name]
        getter = replace(known.getter, receiver=known.descriptor)
        return machine.call(machine, getter, Arguments((instance, instance.type)), place)
    if known.cached and name in instance.attributes:
        found = instance.attributes[name]
        return use(machine, found, place) if machine.tapes else found
    value = machine.call(machine, replace(known.getter, receiver=instance), Arguments(), place)
    if known.cached:
        getter = known.getter
        keeper = Keeper(Kind.ATTRIBUTE, f"self.{name}", Place(getter.module, getter.node, getter.name))
        value = store(machine, value, keeper)
        machine.write(instance.attributes, name, value)
    return value


def _of_super(machine: Machine, value: Super, name: str, place: Place) -> Value:
    instance = value.instance
    if isinstance(instance, Class):
        return _of_super_class(instance, value.behind, name)
    order = linear_bases(instance.type) if isinstance(instance, Instance) else []
    if not isinstance(instance, Instance) or value.behind not in order:
        return Opaque((instance,))
    for base in order[order.index(value.behind) + 1 :]:
        if isinstance(base, Class) and name in base.properties:
            return _property(machine, instance, base.properties[name], name, place)
    member = lookup(instance.type, name, behind=value.behind)
    if isinstance(member, Function):
        return _bound(member, instance)
    return Method(value, name)


def _of_super_class(type_: Class, behind: Class, name: str) -> Value:
    """`super().name` in a class method, in `__new__`, and in the methods of a metaclass."""
    metaclass = type_.metaclass
    if behind not in linear_bases(type_):
        if not isinstance(metaclass, Class) or behind not in linear_bases(metaclass):
            return Opaque((type_,))
        member = lookup(metaclass, name, behind=behind)
        if isinstance(member, Function):
            return replace(member, receiver=type_)
        place = Place(type_.module, type_.node, type_.name)
        return Partial(Symbol("builtins.type.__call__"), (type_,), (), place) if name == "__call__" else UNKNOWN
    member = lookup(type_, name, behind=behind)
    if isinstance(member, Function):
        return _bound_to_class(member, type_)
    if name == "__new__":
        return Symbol("builtins.type.__new__") if Symbol("builtins.type") in linear_bases(type_) else NEW_OBJECT
    return UNKNOWN


def has(machine: Machine, value: Value, name: str) -> bool | None:
    """Whether `value` has an attribute; None where it is not known."""
    if isinstance(value, Reference) and among("attributes_of_variables", name):
        return True
    if not isinstance(value, Instance):
        return None
    if name in value.attributes or lookup(value.type, name) is not None:
        return True
    if any(isinstance(base, Class) and name in base.properties for base in linear_bases(value.type)):
        return True
    if lookup(value.type, "__getattr__") is not None or not is_closed(value.type):
        return None
    host = host_of(value.type)
    if host is Host.KERAS and (among("plain_attributes", name) or among("harmless_methods", name)):
        return True
    return False if host in (Host.KERAS, Host.PLAIN, Host.MODULE) and not _inherits_stock(value.type, name) else None


def _inherits_stock(type_: Class, name: str) -> bool:
    """Whether a class may have an attribute from a stock layer, or from another class of a library."""
    bare = ("keras.layers.Layer", "keras.Model", "tf.Module", "builtins.object")
    bases = [base for base in linear_bases(type_) if isinstance(base, Symbol) and base.name not in bare]
    measured = [attributes_of_layer(base.name) for base in bases if host_kind(base) is not Host.PLAIN]
    return any(names is None or name in names for names in measured)


def put(machine: Machine, target: Value, name: str, value: Value, place: Place, text: str) -> None:
    """`target.name = value`, where `text` is how the target is written."""
    if isinstance(target, Union):
        for alternative in target.alternatives:
            put(machine, alternative, name, Opaque((value,)), place, text)
        return
    if name == "trainable" and value != Constant(True):
        _exempt(target)
    if isinstance(target, Class):
        machine.write(target.members, name, value)
        return
    if isinstance(target, ModuleValue):
        machine.write(target.module.scope.names, name, value)
        return
    if isinstance(target, Container) and target.type == "namespace":
        machine.write(target.items, name, value)
        return
    if isinstance(target, Opaque):
        escape(value)
    if not isinstance(target, Instance):
        return
    for base in linear_bases(target.type):
        if isinstance(base, Class) and name in base.properties:
            setter, descriptor = base.properties[name].setter, base.properties[name].descriptor
            if setter is not None and descriptor is not None:
                machine.call(machine, replace(setter, receiver=descriptor), Arguments((target, value)), place)
                return
            if setter is not None:
                machine.call(machine, replace(setter, receiver=target), Arguments((value,)), place)
                return
    own = lookup(target.type, "__setattr__")
    if isinstance(own, Function):
        if any(one.node is own.node for one in machine.calling):
            put_plainly(machine, target, name, Opaque((value,)), place, text)
        else:
            machine.call(machine, replace(own, receiver=target), Arguments((Constant(name), value)), place)
        return
    put_plainly(machine, target, name, value, place, text)


def put_plainly(machine: Machine, target: Instance, name: str, value: Value, place: Place, text: str) -> None:
    """Keep an attribute of an object, whatever its class would do about it."""
    label_attribute(value, text)
    known = target.attributes.get(name)
    if machine.tapes and isinstance(known, Reference) and isinstance(value, Tensor):
        value = _overwriting(value, known, Keeper(Kind.OVERWRITTEN, text, place))
    if is_being_made(machine, target) or is_given_by_helper(machine, target, name, place):
        target.given.setdefault(name, set()).add(place.node)
    machine.write(target.attributes, name, store(machine, value, Keeper(Kind.ATTRIBUTE, text, place)))


def _exempt(target: Value) -> None:
    """Whatever a layer or model holds that may be frozen on purpose is not trained."""
    for held in target.parts if isinstance(target, Opaque) else (target,):
        for reference in weights_of(held.receiver if isinstance(held, Method) else held):
            reference.variable.trainable = False


def _overwriting(value: Tensor, known: Reference, keeper: Keeper) -> Tensor:
    """A weight's own attribute is overwritten with what was computed from it."""
    own = known.variable
    return replace(value, origins=frozenset(o.keep(keeper) if o.variable is own else o for o in value.origins))

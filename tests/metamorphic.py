"""Edits of a program that keep its meaning, so that every verdict on it must stay.

Each edit takes a syntax tree, changes it in place and says whether there was anything to change.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Edit = Callable[[ast.Module], bool]
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CREATORS = {"add_weight", "Variable", "TransformedVariable", "Input"}
KEPT_NAMES = {"make_model", "inputs", "gradients"}
READ_BY_KERAS = {"state_size", "output_size"}
"""Attributes by which Keras knows a recurrent cell."""


# Where an edit can act


@dataclass
class Place:
    """An expression that is evaluated where it stands, with what is needed to replace it."""

    node: ast.expr
    replace: Callable[[ast.expr], None]
    statement: ast.stmt
    function: ast.FunctionDef | None
    owner: ast.ClassDef | None


def parents_of(tree: ast.AST) -> dict[ast.AST, ast.AST]:
    return {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}


def statements(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.FunctionDef | None, ast.ClassDef | None]]:
    """Every statement with the function and the class around it."""

    def within(
        node: ast.AST, function: ast.FunctionDef | None, owner: ast.ClassDef | None
    ) -> Iterator[tuple[ast.stmt, ast.FunctionDef | None, ast.ClassDef | None]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield child, function, owner
            if isinstance(child, ast.ClassDef):
                yield from within(child, None, child)
            elif isinstance(child, ast.FunctionDef):
                yield from within(child, child, owner if function is None else None)
            elif not isinstance(child, ast.expr):
                yield from within(child, function, owner)

    return within(tree, None, None)


def children_in_place(node: ast.AST) -> Iterator[tuple[ast.expr, Callable[[ast.expr], None]]]:
    """The expressions that are evaluated when `node` is: nothing of a lambda, a comprehension or a branch."""
    if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.BoolOp)):
        return
    for field, content in ast.iter_fields(node):
        if isinstance(content, ast.expr):
            yield content, lambda new, field=field: setattr(node, field, new)  # type: ignore[misc]
        elif isinstance(content, list):
            for number, item in enumerate(content):
                if isinstance(item, ast.expr):
                    yield item, lambda new, content=content, number=number: content.__setitem__(number, new)  # type: ignore[misc]
                elif isinstance(item, ast.keyword):
                    yield item.value, lambda new, item=item: setattr(item, "value", new)  # type: ignore[misc]


def module_weights(tree: ast.Module) -> set[str]:
    """The names that a script binds to variables."""
    return {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign) and creates_weight(statement.value)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def creates_weight(node: ast.AST) -> bool:
    calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    return any(getattr(function, "attr", getattr(function, "id", "")) in CREATORS for function in calls)


def attribute_of_self(node: ast.AST) -> str | None:
    """`loc` for `self.loc`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return node.attr
    return None


def reads(node: ast.AST, weights: set[str]) -> bool:
    """Whether an expression reads an attribute of `self` or a variable of a script."""
    return any(
        isinstance(getattr(part, "ctx", None), ast.Load)
        and (attribute_of_self(part) is not None or (isinstance(part, ast.Name) and part.id in weights))
        for part in ast.walk(node)
    )


def movable(node: ast.expr) -> bool:
    """Whether an expression means the same in another function: it creates nothing and calls no own method."""
    if isinstance(node, (ast.Name, ast.Constant, ast.Starred, ast.Lambda)) or attribute_of_self(node) is not None:
        return False
    if isinstance(node, ast.Slice) or any(isinstance(part, ast.Slice) for part in getattr(node, "elts", ())):
        return False
    for part in ast.walk(node):
        if isinstance(part, (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Starred)):
            return False
        if isinstance(part, ast.Call):
            if attribute_of_self(part.func) is not None or getattr(part.func, "id", "") == "super":
                return False
            if isinstance(part.func, ast.Attribute) and part.func.attr in ("assign", "append"):
                return False
    return not creates_weight(node)


def places(tree: ast.Module, *, whole_values: bool) -> list[Place]:
    """The greatest movable expressions that read a weight: values of statements, or arguments within them."""
    weights = module_weights(tree)
    found: list[Place] = []

    def search(
        node: ast.AST, statement: ast.stmt, function: ast.FunctionDef | None, owner: ast.ClassDef | None
    ) -> None:
        for child, replace in children_in_place(node):
            at_top = isinstance(node, ast.stmt)
            if isinstance(node, ast.Assign) and child in node.targets:
                continue
            called = isinstance(node, ast.Call) and child is node.func
            if reads(child, weights) and movable(child) and (whole_values or not at_top) and not called:
                found.append(Place(child, replace, statement, function, owner))
                continue
            search(child, statement, function, owner)

    for statement, function, owner in statements(tree):
        if isinstance(statement, (ast.Assign, ast.Return, ast.Expr, ast.AugAssign)):
            search(statement, statement, function, owner)
    return found


def free_names(tree: ast.Module, node: ast.expr, function: ast.FunctionDef | None) -> list[str]:
    """The local names that an expression needs, in the order of their first use."""
    own = {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)} if function else set()
    known = {
        name.asname or name.name.partition(".")[0]
        for part in tree.body
        if isinstance(part, (ast.Import, ast.ImportFrom))
        for name in part.names
    }
    known |= {part.name for part in tree.body if isinstance(part, (*FUNCTIONS, ast.ClassDef))}
    known |= {
        target.id
        for part in tree.body
        if isinstance(part, ast.Assign)
        for target in part.targets
        if isinstance(target, ast.Name)
    } - module_weights(tree)
    bound = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    bound |= {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    ordered = [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)]
    return [
        name for name in dict.fromkeys(ordered) if name in own - bound or name not in known | bound | set(dir(builtins))
    ]


def parse_expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def insert_before_use(tree: ast.Module, new: list[ast.stmt]) -> None:
    """After the imports and the aliases that follow them."""
    last = max(
        (number for number, part in enumerate(tree.body) if isinstance(part, (ast.Import, ast.ImportFrom))), default=0
    )
    while (
        last + 1 < len(tree.body)
        and isinstance(following := tree.body[last + 1], ast.Assign)
        and not creates_weight(following)
        and isinstance(following.value, ast.Attribute)
    ):
        last += 1
    tree.body[last + 1 : last + 1] = new


def as_parameters(node: ast.expr) -> tuple[ast.expr, dict[str, str]]:
    """The expression with every attribute of `self` as a parameter, and what to give to each."""
    given: dict[str, str] = {}

    class Lift(ast.NodeTransformer):
        def visit_Attribute(self, part: ast.Attribute) -> ast.AST:
            name = attribute_of_self(part)
            if name is None:
                return self.generic_visit(part)
            given[f"{name}_given"] = f"self.{name}"
            return ast.Name(f"{name}_given", ast.Load())

    return Lift().visit(copy.deepcopy(node)), given


# The edits


def extract_function(tree: ast.Module, *, whole_values: bool = False) -> bool:
    """The losing expression moves into a function of the module, which is given the weights."""
    found = places(tree, whole_values=whole_values)
    new: list[ast.stmt] = []
    for number, place in enumerate(found):
        body, given = as_parameters(place.node)
        given |= {name: name for name in free_names(tree, body, place.function) if name not in given}
        text = f"def extracted_{number}({', '.join(given)}):\n    return {ast.unparse(body)}"
        new += ast.parse(text).body
        place.replace(parse_expression(f"extracted_{number}({', '.join(given.values())})"))
    insert_before_use(tree, new)
    return bool(found)


def extract_function_of_value(tree: ast.Module) -> bool:
    """The whole value of a statement moves into a function of the module."""
    return extract_function(tree, whole_values=True)


def extract_method(tree: ast.Module) -> bool:
    """The losing expression moves into a method, which reads the weights itself."""
    found = [place for place in places(tree, whole_values=True) if place.owner and place.function]
    for number, place in enumerate(found):
        assert place.owner is not None
        names = [name for name in free_names(tree, place.node, place.function) if name != "self"]
        text = f"def extracted_{number}({', '.join(['self', *names])}):\n    return {ast.unparse(place.node)}"
        place.owner.body += ast.parse(text).body
        place.replace(parse_expression(f"self.extracted_{number}({', '.join(names)})"))
    return bool(found)


def wrap_in_lambda(tree: ast.Module) -> bool:
    """The losing expression becomes the body of a lambda that is called at once."""
    found = places(tree, whole_values=False)
    for place in found:
        place.replace(parse_expression(f"(lambda: {ast.unparse(place.node)})()"))
    return bool(found)


def wrap_in_partial(tree: ast.Module) -> bool:
    """A call becomes a partial that is called at once."""
    found = [
        place
        for place in places(tree, whole_values=True)
        if isinstance(place.node, ast.Call)
        and not reads(place.node.func, module_weights(tree))
        and not any(isinstance(part, ast.Call) for part in ast.walk(place.node.func))
        and not (isinstance(place.node.func, ast.Attribute) and free_names(tree, place.node.func, place.function))
    ]
    for place in found:
        assert isinstance(place.node, ast.Call)
        call = copy.deepcopy(place.node)
        partial = ast.Call(parse_expression("functools.partial"), [call.func, *call.args], call.keywords)
        place.replace(ast.Call(partial, [], []))
    tree.body[1:1] = ast.parse("import functools").body if found else []
    return bool(found)


def wrap_in_conditional(tree: ast.Module) -> bool:
    """`x` becomes `x if True else x`."""
    found = places(tree, whole_values=False)
    for place in found:
        text = ast.unparse(place.node)
        place.replace(parse_expression(f"({text}) if True else ({text})"))
    return bool(found)


def block_of(tree: ast.AST, statement: ast.stmt) -> list[ast.stmt]:
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and any(part is statement for part in block):
                return block
    raise ValueError("a statement is in no block")


def extract_local(tree: ast.Module) -> bool:
    """The losing expression gets a name first."""
    found = places(tree, whole_values=False)
    for number, place in enumerate(found):
        block = block_of(tree, place.statement)
        position = next(index for index, part in enumerate(block) if part is place.statement)
        block[position:position] = ast.parse(f"value_{number} = {ast.unparse(place.node)}").body
        place.replace(ast.Name(f"value_{number}", ast.Load()))
    return bool(found)


def unpack_tuple(tree: ast.Module) -> bool:
    """The losing expression travels through a tuple that is unpacked."""
    found = places(tree, whole_values=False)
    for number, place in enumerate(found):
        block = block_of(tree, place.statement)
        position = next(index for index, part in enumerate(block) if part is place.statement)
        block[position:position] = ast.parse(
            f"(other_{number}, value_{number}) = (None, {ast.unparse(place.node)})"
        ).body
        place.replace(ast.Name(f"value_{number}", ast.Load()))
    return bool(found)


def inline_local(tree: ast.Module) -> bool:
    """A local name that is read once, by the next statement, gives way to its value."""
    changed = False
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        for first, second in list(zip(function.body, function.body[1:], strict=False)):
            if not (isinstance(first, ast.Assign) and isinstance(first.targets[0], ast.Name)):
                continue
            name = first.targets[0].id
            uses = [part for part in ast.walk(function) if isinstance(part, ast.Name) and part.id == name]
            inner = [(child, replace) for child, replace in evaluated(second) if getattr(child, "id", None) == name]
            if len(uses) == 2 and len(inner) == 1 and isinstance(second, (ast.Assign, ast.Return)):
                inner[0][1](first.value)
                function.body.remove(first)
                changed = True
    return changed


def evaluated(node: ast.AST) -> Iterator[tuple[ast.expr, Callable[[ast.expr], None]]]:
    for child, replace in children_in_place(node):
        yield child, replace
        yield from evaluated(child)


def rename(tree: ast.Module, names: dict[str, str], attributes: dict[str, str]) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
        elif isinstance(node, ast.ClassDef) and node.name in names:
            node.name = names[node.name]
        elif isinstance(node, ast.Attribute) and (name := attribute_of_self(node)) in attributes:
            node.attr = attributes[name or ""]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("hasattr", "getattr", "setattr"):
            named = node.args[1]
            if isinstance(named, ast.Constant) and named.value in attributes:
                named.value = attributes[named.value]
    return bool(names or attributes)


def rename_attributes(tree: ast.Module) -> bool:
    """What is kept on `self` is kept under other names."""
    methods = {node.name for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
    kept = {
        name
        for node in ast.walk(tree)
        if isinstance(getattr(node, "ctx", None), ast.Store) and (name := attribute_of_self(node)) is not None
    }
    shared = {
        part.id
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, (ast.Assign, ast.AnnAssign))
        for part in ast.walk(statement)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }
    return rename(tree, {}, {name: f"the_{name}_kept" for name in sorted(kept - methods - shared - READ_BY_KERAS)})


def rename_classes(tree: ast.Module) -> bool:
    """The classes have other names."""
    return rename(tree, {node.name: f"Other{node.name}" for node in tree.body if isinstance(node, ast.ClassDef)}, {})


def rename_locals(tree: ast.Module) -> bool:
    """Local names are other names."""
    changed = False
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        if function.name in KEPT_NAMES:
            continue
        stored = {
            part.id for part in ast.walk(function) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
        }
        names = {name: f"local_{name}" for name in sorted(stored) if not name.startswith("local_")}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = names[node.id]
        changed |= bool(names)
    return changed


LONG_NAMES = {
    "tf": "tensorflow_library",
    "tfp": "probability",
    "np": "numbers_library",
    "functools": "function_tools",
    "tfd": "densities",
    "tfb": "invertible",
}


def rename_imports(tree: ast.Module) -> bool:
    """The libraries are imported under other names."""
    found: dict[str, str] = {}
    for node in tree.body:
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            name = alias.asname or alias.name
            if name in LONG_NAMES:
                alias.asname = found[name] = LONG_NAMES[name]
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id in LONG_NAMES:
            found[node.targets[0].id] = LONG_NAMES[node.targets[0].id]
    return rename(tree, found, {})


def import_functions(tree: ast.Module) -> bool:
    """`tf.exp(x)` becomes `exponential(x)`, with the function imported by name."""
    wanted: dict[str, str] = {}
    for node in ast.walk(tree):
        function = node.func if isinstance(node, ast.Call) else None
        if (
            isinstance(function, ast.Attribute)
            and isinstance(function.value, ast.Name)
            and function.value.id == "tf"
            and function.attr[0].islower()
        ):
            wanted[function.attr] = f"imported_{function.attr}"
            assert isinstance(node, ast.Call)
            node.func = ast.Name(wanted[function.attr], ast.Load())
    lines = [f"from tensorflow import {name} as {other}" for name, other in sorted(wanted.items())]
    tree.body[1:1] = ast.parse("\n".join(lines)).body
    return bool(wanted)


def import_distributions(tree: ast.Module) -> bool:
    """`tfd.Normal` becomes a name that is imported from the package of distributions."""
    wanted: dict[str, str] = {}
    for node in list(ast.walk(tree)):
        for field, content in ast.iter_fields(node):
            if (
                isinstance(content, ast.Attribute)
                and isinstance(content.value, ast.Name)
                and content.value.id == "tfd"
                and content.attr[0].isupper()
            ):
                wanted[content.attr] = f"{content.attr}Density"
                setattr(node, field, ast.Name(wanted[content.attr], ast.Load()))
    lines = [
        f"from tensorflow_probability.python.distributions import {name} as {other}"
        for name, other in sorted(wanted.items())
    ]
    tree.body[1:1] = ast.parse("\n".join(lines)).body
    return bool(wanted)


def reorder_methods(tree: ast.Module) -> bool:
    """The methods of every class stand in the opposite order."""
    changed = False
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, FUNCTIONS)]
            if len({method.name for method in methods}) < len(methods):  # a setter has to follow its property
                continue
            node.body = [part for part in node.body if not isinstance(part, FUNCTIONS)] + methods[::-1]
            changed |= len(methods) > 1
    return changed


def split_base_class(tree: ast.Module) -> bool:
    """`__init__` and `build` move to a base class in the same file."""
    changed = False
    for position, node in reversed(list(enumerate(tree.body))):
        if not isinstance(node, ast.ClassDef) or not node.bases:
            continue
        moved = [part for part in node.body if isinstance(part, FUNCTIONS) and part.name in ("__init__", "build")]
        stay = [part for part in node.body if part not in moved and not isinstance(part, ast.Expr)]
        if not moved or not stay:
            continue
        base = ast.ClassDef(f"{node.name}Base", node.bases, node.keywords, [*moved], [])
        if hasattr(node, "type_params"):
            base.type_params = []
        node.bases, node.keywords, node.body = [ast.Name(base.name, ast.Load())], [], stay
        tree.body.insert(position, base)
        changed = True
    return changed


def keep_weights(tree: ast.Module, *, opened: str, key: Callable[[str, int], str], put: str) -> bool:
    """The weights of a function live in a container on `self`."""
    changed = False
    for owner in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        for function in [part for part in owner.body if isinstance(part, ast.FunctionDef)]:
            created = [
                part
                for part in function.body
                if isinstance(part, ast.Assign)
                and attribute_of_self(part.targets[0])
                and isinstance(part.value, ast.Call)
                and isinstance(part.value.func, ast.Attribute)
                and part.value.func.attr in ("add_weight", "Variable")
            ]
            if not created:
                continue
            container = f"weights_of_{function.name.strip('_')}"
            found: dict[str, str] = {}
            for number, statement in enumerate(created):
                name = attribute_of_self(statement.targets[0]) or ""
                found[name] = f"self.{container}[{key(name, number)}]"
                text = put.format(container=container, key=key(name, number), value=ast.unparse(statement.value))
                position = function.body.index(statement)
                function.body[position : position + 1] = ast.parse(text).body
                if number == 0:
                    function.body[position:position] = ast.parse(f"self.{container} = {opened}").body

            class Replace(ast.NodeTransformer):
                def visit_Attribute(self, node: ast.Attribute, found: dict[str, str] = found) -> ast.AST:
                    name = attribute_of_self(node)
                    if name in found and isinstance(node.ctx, ast.Load):
                        return parse_expression(found[name])
                    return self.generic_visit(node)

            Replace().visit(tree)
            changed = True
    return changed


def keep_weights_in_dictionary(tree: ast.Module) -> bool:
    """The weights live in a dictionary."""
    return keep_weights(tree, opened="{}", key=lambda name, number: repr(name), put="self.{container}[{key}] = {value}")


def keep_weights_in_list(tree: ast.Module) -> bool:
    """The weights live in a list."""
    return keep_weights(tree, opened="[]", key=lambda name, number: str(number), put="self.{container}.append({value})")


def wrap_in_with(tree: ast.Module) -> bool:
    """The bodies of the methods run in a `with` block that names a scope."""
    changed = False
    for owner in [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]:
        for function in [part for part in owner.body if isinstance(part, ast.FunctionDef)]:
            ahead = [part for part in function.body if isinstance(part, ast.Expr) and "super" in ast.unparse(part)]
            rest = [part for part in function.body if part not in ahead]
            if rest:
                block = ast.parse("with tf.name_scope('scope'):\n    pass").body[0]
                assert isinstance(block, ast.With)
                block.body = rest
                function.body = [*ahead, block]
                changed = True
    return changed


EDITS: dict[str, Edit] = {
    edit.__name__: edit
    for edit in (
        extract_function,
        extract_function_of_value,
        extract_method,
        extract_local,
        inline_local,
        wrap_in_lambda,
        wrap_in_partial,
        wrap_in_conditional,
        wrap_in_with,
        unpack_tuple,
        rename_attributes,
        rename_classes,
        rename_locals,
        rename_imports,
        import_functions,
        import_distributions,
        reorder_methods,
        split_base_class,
        keep_weights_in_dictionary,
        keep_weights_in_list,
    )
}


def edited(text: str, edit: Edit) -> str | None:
    """A program after an edit, or None where it has nothing to change."""
    tree = ast.parse(text)
    if not edit(tree):
        return None
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"

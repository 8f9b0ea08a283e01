"""What weights are called: as the code of their owner calls them."""

from __future__ import annotations

from gradlint.static.keys import written_key
from gradlint.static.values import INPUT, Container, LibraryObject, Reference, Value


def label_attribute(value: Value, text: str) -> None:
    """Call weights as the attribute that now holds them, unless another attribute of their owner did before."""
    if isinstance(value, Reference):
        if not value.variable.label.startswith("self."):
            value.variable.label = text
    elif isinstance(value, LibraryObject):
        _label_layer(value, text, "")
    elif isinstance(value, Container):
        _label_elements(value, text, 0)


def label_added(value: Value, text: str) -> None:
    """Call a weight as one of a list that a program adds it to, which `text` names."""
    if isinstance(value, Reference) and text.startswith("self.") and not value.variable.label.startswith("self."):
        value.variable.label = f"{text}[…]"


DEEPEST = 4


def _label_elements(container: Container, text: str, depth: int) -> None:
    for key, element in container.items.items():
        label = f"{text}[{written_key(key)}]"
        if isinstance(element, Reference) and not element.variable.label.startswith("self."):
            element.variable.label = label
        elif isinstance(element, Container) and element is not container and depth < DEEPEST:
            _label_elements(element, label, depth + 1)


def label_name(value: Value, text: str) -> None:
    """Call weights by the first name they get."""
    if isinstance(value, Reference):
        value.variable.label = value.variable.label or text
    elif isinstance(value, LibraryObject):
        _label_layer(value, text, ".trainable_variables")


def _label_layer(layer: LibraryObject, text: str, suffix: str) -> None:
    """Call the weights of a stock layer by what holds it, those of a sequential model by their layer in it."""
    for reference in layer.weights:
        reference.variable.label = reference.variable.label or text + suffix
    held = layer.arguments[0] if layer.name == "keras.Sequential" else None
    if isinstance(held, Container) and held.exact:
        layers = [one for one in held.items.values() if one != INPUT]
        for number, one in enumerate(layers):
            if isinstance(one, LibraryObject):
                _label_layer(one, f"{text}.layers[{number}]", suffix)

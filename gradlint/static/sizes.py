"""What a tensor's shape tells: numbers that are not known, and the same ones whenever the tensor is the same."""

from __future__ import annotations

from gradlint.static.values import Constant, Opaque, Value

LONGEST_SIZE = 200


def size_from(operation: str, *operands: Value) -> Opaque | None:
    """What an operation makes of such numbers and of constants, none other among them; None if there are others."""
    if not any(isinstance(one, Opaque) and one.size for one in operands):
        return None
    texts = [_text(one) for one in operands]
    size = f"{operation}({', '.join(text for text in texts if text)})"
    return Opaque(size=size) if all(texts) and len(size) < LONGEST_SIZE else None


def _text(value: Value) -> str:
    if isinstance(value, Constant):
        return repr(value.value)[:LONGEST_SIZE]
    return value.size if isinstance(value, Opaque) else ""

"""Reads in the classes of an installed Keras which attributes its stock layers have or assign, so that no heir may."""

from __future__ import annotations

import ast
import inspect
import textwrap

import tensorflow as tf


def assigned_by(cls: type) -> set[str]:
    """The attributes that a class has itself, and those that its methods assign to their object."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        tree = ast.Module([], [])
    assigned = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and not isinstance(node.ctx, ast.Load)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    return {name for name in assigned | set(vars(cls)) if not name.startswith("__")}


def measure() -> dict[str, list[str]]:
    """For every layer of `keras.layers`: what it adds to `Layer`."""
    table = {}
    for name in sorted(dir(tf.keras.layers)):
        found = getattr(tf.keras.layers, name)
        if inspect.isclass(found) and issubclass(found, tf.keras.layers.Layer) and found is not tf.keras.layers.Layer:
            above = [one for one in found.__mro__ if issubclass(one, tf.keras.layers.Layer)]
            known = set().union(*(assigned_by(one) for one in above if one is not tf.keras.layers.Layer))
            table[f"keras.layers.{name}"] = sorted(known - set(dir(tf.keras.layers.Layer)))
    return table

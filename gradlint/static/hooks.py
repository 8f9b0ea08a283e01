"""What TFP's own classes call of a distribution, bijector, kernel or linear operator of the project that they hold."""

from __future__ import annotations

from dataclasses import replace

from gradlint.static.hosts import Host, host_of, linear_bases, lookup
from gradlint.static.knowledge import carrier_entry, names_in
from gradlint.static.values import Class, Function, Instance, Symbol


def hooks_of(instance: Instance) -> list[Function]:
    """The hooks of an object whose base class computes nothing itself; none where nothing is known of that."""
    if host_of(instance.type) is not Host.CARRIER:
        return []
    for base in linear_bases(instance.type):
        if not isinstance(base, Class) and not (isinstance(base, Symbol) and _is_abstract(base.name)):
            return []
    names = sorted(names_in("differentiated_hooks") | names_in("other_hooks"))
    members = (lookup(instance.type, name) for name in names)
    return [replace(one, receiver=instance) for one in members if isinstance(one, Function)]


def _is_abstract(name: str) -> bool:
    """Whether a base class keeps nothing of its own that a weight could go into."""
    entry = carrier_entry(name)
    return entry is None or not (entry.get("keeps") or entry.get("freezes"))

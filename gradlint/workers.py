"""The same function over many tasks in several processes; a process that dies takes one task with it."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_workers(function: Callable[[T], R], tasks: Sequence[T], jobs: int, lost: Callable[[T, str], R]) -> list[R]:
    """What `function` makes of each task, in order. `lost` answers for a task whose process died."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    results: list[R] = []
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        futures = [pool.submit(function, task) for task in tasks]
        for task, future in zip(tasks, futures, strict=True):
            try:
                results.append(future.result())
            except BrokenProcessPool:
                results.append(_alone(function, task, lost))
    return results


def _alone(function: Callable[[T], R], task: T, lost: Callable[[T, str], R]) -> R:
    """A task of a broken pool once more, in a process of its own: only the guilty one fails again."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, task).result()
        except BrokenProcessPool:
            return lost(task, "the process that followed it died")

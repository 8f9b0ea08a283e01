"""The same function over many tasks in several processes; a process that dies takes one task with it."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_workers(function: Callable[[T], R], tasks: Sequence[T], jobs: int, lost: Callable[[T, str], R]) -> list[R]:
    """What `function` makes of each task, in order. `lost` answers for a task whose process died."""
    results: dict[int, R] = {}
    with _interrupts_noted() as interrupted:
        with _pool(jobs) as pool:
            try:
                for number, future in enumerate([pool.submit(function, task) for task in tasks]):
                    with suppress(BrokenProcessPool):
                        results[number] = future.result()
                    if interrupted:
                        raise KeyboardInterrupt
            finally:
                pool.shutdown(cancel_futures=True)
        for number, task in enumerate(tasks):
            if interrupted:
                raise KeyboardInterrupt
            if number not in results:
                results[number] = _alone(function, task, lost)
    return [results[number] for number in range(len(tasks))]


@contextmanager
def _interrupts_noted() -> Iterator[list[int]]:
    """Note interrupts beside raising them: what runs around a fork, or ends an object, swallows them."""
    noted: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    known = signal.getsignal(signal.SIGINT)
    raises = known is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if raises:
        signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        if raises:
            signal.signal(signal.SIGINT, known)


def _alone(function: Callable[[T], R], task: T, lost: Callable[[T, str], R]) -> R:
    """A task of a broken pool once more, in a process of its own: only the guilty one fails again."""
    with _pool(1) as pool:
        try:
            return pool.submit(function, task).result()
        except BrokenProcessPool:
            return lost(task, "the process that followed it died")


def _pool(jobs: int) -> ProcessPoolExecutor:
    """Forked where that is safe, since a fork has already imported what it needs; an interrupt ends it silently."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    return ProcessPoolExecutor(jobs, context, signal.signal, (signal.SIGINT, signal.SIG_DFL))

"""The process that runs the program: whatever the program does to it, the command line lives to tell."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib.util
import os
import signal
import sys
import traceback
from typing import Any

from gradlint.probe import saved, script, target
from gradlint.probe.after_import import after_import
from gradlint.probe.asking import inputs
from gradlint.probe.errors import ProbeError
from gradlint.probe.exchange import Exchange, Failure
from gradlint.probe.options import CHOICES, LEGACY_KERAS, ProbeOptions
from gradlint.probe.recording import frames, hooks
from gradlint.probe.recording.recorder import Recorder
from gradlint.probe.report import ProbeReport
from gradlint.probe.run_probe import Progress, Settings, probe, silent
from gradlint.run import Phase


def main(folder: str) -> None:
    """Probe as the exchange says, and tell it the outcome."""
    exchange = Exchange(folder)
    options = exchange.options()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the command line, which gets it too, says what there is to say
    sys.argv = [
        options.target if script.is_script(options.target) else options.target.rpartition(":")[0]
    ]  # the program may read it; what we were told is not for it
    with open(exchange.dump, "w", encoding="utf-8") as dump:
        faulthandler.enable(dump)
        if options.timeout is not None:
            faulthandler.dump_traceback_later(options.timeout, exit=True, file=dump)
        exchange.tell_outcome(_outcome(options, exchange.tell_step))
        faulthandler.cancel_dump_traceback_later()
        faulthandler.disable()


def _outcome(options: ProbeOptions, progress: Progress) -> ProbeReport | Failure:
    try:
        return probed(options, progress)
    except ProbeError as error:
        return Failure(f"{error}\n{own_frames(error.__cause__)}".rstrip("\n"))
    except SystemExit as stop:
        return Failure(f"the program ended itself with {script.exit_of(stop)}\n{own_frames(stop)}".rstrip("\n"))
    except KeyboardInterrupt as stop:  # the program's own: the signal ends the process at once
        return Failure(f"the program raised KeyboardInterrupt\n{own_frames(stop)}".rstrip("\n"))
    except Exception:  # noqa: BLE001 - told to the command line, which tells it as a bug of ours
        return Failure(traceback.format_exc(), ours=True)


def probed(options: ProbeOptions, progress: Progress = silent) -> ProbeReport:
    """Load what the options name, and probe it.

    Raises:
        ProbeError: it cannot be loaded, made or called.
    """
    if options.inputs and options.input_shapes:
        raise ProbeError("give either --inputs or --input-shape, not both")
    if "tensorflow" not in sys.modules and importlib.util.find_spec("tensorflow") is None:
        hooks.tensorflow()
    if script.is_script(options.target):
        return _ran(options, progress)
    recorder = Recorder()
    progress("importing the program")
    with contextlib.ExitStack() as watching:

        def watch() -> None:
            # From the first line that can make a model: that may be while the program is imported. Not before the
            # program itself imports TensorFlow: it may choose its Keras in the environment first.
            _check_dialect(options.keras)
            watching.enter_context(recorder.on(Phase.SETUP, values=False))

        with after_import("tensorflow", watch):
            if saved.is_saved(options.target):
                hooks.tensorflow()
                factory: Any = saved.factory(options.target)
            else:
                factory = _loaded(options.target)
            given: Any = _loaded(options.inputs) if options.inputs else None
            loss: Any = _loaded(options.loss) if options.loss else None
    if options.input_shapes:
        given = inputs.from_shapes([inputs.parse_shape(each) for each in options.input_shapes])
    accept = (*options.accept, *options.accepted_by_project)
    settings = Settings(loss, options.training, accept, progress, options.numeric, options.per_layer)
    return probe(factory, given, settings, recorder)


def _loaded(name: str) -> Any:
    """What a target names.

    Raises:
        ProbeError: it cannot be loaded, or its module ends the process.
    """
    try:
        return target.load(name)
    except SystemExit as stop:
        raise ProbeError(
            f"the program ended itself with {script.exit_of(stop)} while it was imported: what is to run only as a "
            'script belongs below `if __name__ == "__main__":`'
        ) from stop


def _ran(options: ProbeOptions, progress: Progress) -> ProbeReport:
    if options.inputs or options.input_shapes or options.loss:
        raise ProbeError("a script brings its own inputs and loss: leave --inputs, --input-shape and --loss out")
    if options.numeric or options.per_layer or not options.training:
        raise ProbeError(
            "a script is watched while it runs, and called by nobody: leave --numeric, --per-layer and --no-training "
            "out"
        )
    path = target.file_of(options.target)
    progress("running the script")
    watched = script.Script()
    with contextlib.ExitStack() as watching:

        def watch() -> None:
            _check_dialect(options.keras)
            script.prepare(path)
            watching.enter_context(watched.observed())

        with after_import("tensorflow", watch):
            return script.run_script(path, watched, (*options.accept, *options.accepted_by_project))


def _check_dialect(keras: str | None) -> None:
    if keras is None:
        return
    version = tuple(int(part) for part in hooks.tensorflow().__version__.split(".")[:2])
    if keras == "3" and version < (2, 16):
        raise ProbeError("--keras 3 needs TensorFlow 2.16 or later: the one installed here has Keras 2 only")
    if keras == "2" and version >= (2, 16) and importlib.util.find_spec("tf_keras") is None:
        raise ProbeError("--keras 2 needs the package tf_keras beside this TensorFlow: `pip install tf_keras`")
    chosen = os.environ.get(LEGACY_KERAS)
    if chosen != CHOICES[keras]:
        raise ProbeError(f"--keras {keras} was asked for, but the program itself sets {LEGACY_KERAS} to {chosen!r}")


def own_frames(error: BaseException | None) -> str:
    """The traceback of the user's own exception, without the frames of frameworks."""
    if error is None:
        return ""
    shown = [each for each in traceback.extract_tb(error.__traceback__) if frames.origin_of(each.filename) == "user"]
    if not shown:
        return ""
    return "".join(
        ["Traceback (your own frames):\n", *traceback.format_list(shown), *traceback.format_exception_only(error)]
    )

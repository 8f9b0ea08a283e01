"""The static main job: files in, diagnostics out.

A file is read, and followed only if its bytes hold something that makes or asks for a gradient. What one file comes
to depends on that file, its project's files and the options alone, so workers can take files in any order.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import ModuleType

from gradlint.baseline import Baseline
from gradlint.config import Config, Configs
from gradlint.diagnostics import Diagnostic, Severity
from gradlint.errors import UsageError
from gradlint.files import shown
from gradlint.following import (
    FixedFile,
    Outcome,
    Task,
    asks_for_constructors,
    failed_on,
    file_not_checked,
    fix_file,
    follow_file,
    follow_text,
    lost,
    not_checked,
    settled_dialect,
    words_of,
)
from gradlint.notebooks import NotebookError, read_notebook
from gradlint.project import Projects
from gradlint.rules import all_rules
from gradlint.run import Dialect, Span
from gradlint.selection import Selection, chosen
from gradlint.sources import NOTEBOOK, Finder, Found, Source
from gradlint.static import ModuleFinder, NotChecked, defines_heir, finder_for, importers_of, is_worth_following, use
from gradlint.strays import brought_home, concerns_others

WORTH_WORKERS = 400_000
"""Bytes of source below which starting a second process costs more than it saves."""

MOST_WITNESSES = 50
"""So many other files are followed before a suppression is said to be idle; where more use it, it is passed over."""


@dataclass(frozen=True)
class Options:
    """What the command line may say.

    `keras` None leaves the dialect to config, file and project; `keras_open` (`--keras auto`) passes over the config.
    """

    selection: Selection = Selection()
    keras: Dialect | None = None
    keras_open: bool = False
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    show_guesses: bool = False
    config: str | None = None
    isolated: bool = False
    jobs: int = 1
    fixes: bool = False
    """Whether the findings are to have their fixes."""
    baseline: Baseline = field(default_factory=Baseline)


@dataclass(frozen=True)
class Result:
    """What a check came to, and what it looked at.

    `files` were looked at, `followed` of them were interpreted; `one_dialect` counts the notes that hold on one
    Keras only because nothing says which one is meant; `accepted` counts what the baseline silenced, and `silenced`
    are the fingerprints of that.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: int = 0
    followed: int = 0
    weights: int = 0
    not_checked: tuple[NotChecked, ...] = ()
    one_dialect: dict[Dialect, int] = field(default_factory=dict)
    accepted: int = 0
    silenced: frozenset[str] = frozenset()
    moved: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """How many accepted findings moved, from one file (its absolute path) to another."""

    @property
    def failed(self) -> bool:
        """Whether gradlint itself failed on some file."""
        return any(diagnostic.code == "GRD900" for diagnostic in self.diagnostics)


def check(
    paths: Iterable[str | os.PathLike[str]],
    *,
    keras: str | None = None,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    jobs: int = 1,
) -> list[Diagnostic]:
    """Check files and folders as `gradlint check` does, configuration included; sorted findings.

    Raises:
        UsageError: a path does not exist, a config is wrong, no Python file was found.
    """
    options = Options(selection=selection_of(select, ignore), keras=dialect_of(keras), jobs=jobs)
    return list(check_paths([os.fspath(path) for path in paths], options).diagnostics)


def check_source(
    text: str,
    filename: str = "<string>",
    *,
    keras: str | None = None,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
) -> list[Diagnostic]:
    """Check one source text; no file is read, not even a config. Sorted findings."""
    codes = chosen([selection_of(select, ignore)], rules_on())
    source = Source(filename, filename)
    task = Task(source, filename.replace(os.sep, "/"), codes, dialect_of(keras), None, None, False)
    return list(_result([follow_text(text, task)], Options(), (), followed=1).diagnostics)


def selection_of(select: Sequence[str] | None, ignore: Sequence[str]) -> Selection:
    """The layer that select and ignore lists make."""
    return Selection(None if select is None else tuple(select), (), tuple(ignore))


def dialect_of(keras: str | None) -> Dialect | None:
    """`"2"` or `"3"`; None and `"auto"` leave it open."""
    return None if keras in {None, "auto"} else Dialect(keras)


def rules_on() -> dict[str, bool]:
    """For every code whether its rule runs if nobody says anything."""
    return {code: rule.on for code, rule in all_rules().items()}


def check_paths(paths: Sequence[str], options: Options) -> Result:
    """Check files and folders.

    Raises:
        UsageError: a path does not exist, a config is wrong, no Python file was found.
    """
    configs = Configs(options.config, options.isolated)
    finder = Finder(configs.of, options.exclude, options.extend_exclude, options.force_exclude)
    found = _found(finder, paths)
    planner = Planner(options, configs, Projects(_common_folder(paths)))
    outcomes = [
        Outcome((file_not_checked(Span(folder.path, 1, 1, 1, 1), f"this folder cannot be listed: {folder.reason}"),))
        for folder in found.unreadable
    ]
    return _checked(planner, finder, found.sources, outcomes)


def _found(finder: Finder, paths: Sequence[str]) -> Found:
    found = finder.find(paths)
    if not found.sources and not found.unreadable and not found.left_out:
        raise UsageError(f"nothing to check: there is no Python file below {', '.join(shown(path) for path in paths)}")
    return found


def check_text(data: bytes, path: str, options: Options) -> Result:
    """Check what came from standard input as if it stood in the file `path`."""
    configs = Configs(options.config, options.isolated)
    finder = Finder(configs.of, options.exclude, options.extend_exclude, options.force_exclude)
    absolute = os.path.abspath(path)
    if options.force_exclude and finder.excluded_by_force(absolute):
        return Result(())
    planner = Planner(options, configs, Projects(os.path.dirname(absolute)))
    return _checked(planner, finder, [Source(path, absolute, data)], [])


def _checked(planner: Planner, finder: Finder, sources: Sequence[Source], outcomes: list[Outcome]) -> Result:
    """What sources come to, beside the `outcomes` that are known already."""
    tasks = _worth_following(planner, sources, outcomes)
    outcomes += _follow_all(tasks, _jobs(planner, tasks))
    named = {source.absolute: source for source in sources}

    def witnesses(accused: frozenset[str]) -> list[Outcome] | None:
        others = _users(planner, finder, accused, named)
        return None if len(others) > MOST_WITNESSES else [follow_file(planner.task(source)) for source in others]

    if any(map(concerns_others, outcomes)):
        outcomes = brought_home(outcomes, {path: planner.task(source) for path, source in named.items()}, witnesses)
    return _result(outcomes, planner.options, named, followed=len(tasks))


def _worth_following(planner: Planner, sources: Sequence[Source], outcomes: list[Outcome]) -> list[tuple[int, Task]]:
    """The sources to follow, with their sizes; what becomes of others that have to be told of goes to `outcomes`."""
    tasks = []
    for source in sources:
        try:
            data = source.read()
        except OSError as error:
            outcomes.append(not_checked(planner.task(source), f"this file cannot be read: {words_of(error)}"))
            continue
        try:
            if not planner.is_worth_following(source, data):
                continue
        except Exception as error:  # noqa: BLE001 - as in `follow_text`
            outcomes.append(lost(planner.task(source), words_of(error)))
            continue
        tasks.append((len(data), planner.task(source)))
    return tasks


def _jobs(planner: Planner, tasks: Sequence[tuple[int, Task]]) -> int:
    size = sum(size for size, _ in tasks)
    return min(planner.options.jobs, len(tasks)) if size > WORTH_WORKERS else 1


def fix_paths(paths: Sequence[str], options: Options, unsafe: bool) -> list[FixedFile]:
    """What fixes make of files and folders; nothing is written.

    Raises:
        UsageError: a path does not exist, a config is wrong.
    """
    configs = Configs(options.config, options.isolated)
    finder = Finder(configs.of, options.exclude, options.extend_exclude, options.force_exclude)
    spared = check_paths(paths, replace(options, fixes=False)).silenced if options.baseline.accepted else frozenset()
    planner = Planner(options, configs, Projects(_common_folder(paths)), spared)
    tasks = _worth_following(planner, _each_once(_found(finder, paths).sources), [])
    return _fix_all(planner, tasks, unsafe)


def _each_once(sources: Iterable[Source]) -> list[Source]:
    """The sources less further names of the same file, be they symbolic or hard links."""
    found: dict[tuple[int, int], Source] = {}
    for source in sources:
        try:
            status = os.stat(source.absolute)
        except OSError:
            continue  # it is gone, and nothing is left to fix
        found.setdefault((status.st_dev, status.st_ino), source)
    return list(found.values())


def fix_text(data: bytes, path: str, options: Options, unsafe: bool) -> FixedFile:
    """What fixes make of what came from standard input as if it stood in the file `path`."""
    absolute = os.path.abspath(path)
    configs = Configs(options.config, options.isolated)
    spared = (
        check_text(data, path, replace(options, fixes=False)).silenced if options.baseline.accepted else frozenset()
    )
    planner = Planner(options, configs, Projects(os.path.dirname(absolute)), spared)
    source = Source(path, absolute, data)
    found = _fix_all(planner, _worth_following(planner, [source], []), unsafe)
    return found[0] if found else FixedFile(source, data, data)


def _fix_all(planner: Planner, tasks: Sequence[tuple[int, Task]], unsafe: bool) -> list[FixedFile]:
    jobs = _jobs(planner, tasks)
    fix = partial(fix_file, unsafe=unsafe)
    if jobs <= 1:
        found = [fix(task) for _, task in tasks]
    else:
        from gradlint.workers import in_workers

        found = in_workers(fix, [task for _, task in tasks], jobs, failed_on)
    return [one for one in found if one is not None]


def paths_to_check(paths: Sequence[str], options: Options) -> list[str]:
    """The files that a check would look at.

    Raises:
        UsageError: a path does not exist, a config is wrong, no Python file was found.
    """
    configs = Configs(options.config, options.isolated)
    finder = Finder(configs.of, options.exclude, options.extend_exclude, options.force_exclude)
    return [source.path for source in _found(finder, paths).sources]


def settings_of(path: str, options: Options, given: bytes | None = None) -> list[tuple[str, str]]:
    """What holds for the first file at or below a path, with where it comes from; `given` is its content."""
    configs = Configs(options.config, options.isolated)
    if given is None:
        finder = Finder(configs.of, options.exclude, options.extend_exclude, options.force_exclude)
        source = next(iter(_found(finder, [path]).sources), Source(shown(path), os.path.abspath(path)))
    else:
        source = Source(path, os.path.abspath(path), given)
    task = Planner(options, configs, Projects(os.path.dirname(source.absolute))).task(source)
    config = configs.of(os.path.dirname(source.absolute))
    rows = [("file", source.path), ("config", shown(config.path) if config.path else "none")]
    rows.append(("project", shown(task.root) if task.root else "none"))
    said = "the command line" if options.keras else "the config"
    if task.keras is None:
        task, said = settled_dialect(task)
    rows.append(("keras", f"{task.keras.value} ({said})" if task.keras else "open: both are tried"))
    rows.append(("rules", " ".join(sorted(task.codes))))
    usual = options.exclude is None and config.exclude is None
    excluded = [*(options.exclude or config.exclude or ()), *config.extend_exclude, *options.extend_exclude]
    rows.append(("exclude", " ".join([*(["(the usual folders)"] if usual else []), *excluded])))
    rows += [("vocabulary", name) for name in sorted(task.vocabulary.names())]
    return rows


@dataclass
class Planner:
    """Turns sources into tasks."""

    options: Options
    configs: Configs
    projects: Projects
    spared: frozenset[str] = frozenset()
    """The fingerprints of what is not to be fixed, since the baseline accepts it."""
    _codes: dict[tuple[Selection, ...], frozenset[str]] = field(default_factory=dict)

    def task(self, source: Source) -> Task:
        """Everything that decides what `source` comes to."""
        config = self.configs.of(os.path.dirname(source.absolute))
        keras = self.options.keras or (None if self.options.keras_open else config.keras)
        return Task(
            source,
            self.projects.identity(source.absolute),
            self.codes(source, config),
            keras,
            self.projects.root(source.absolute),
            None if keras else self.projects.declared_dialect(source.absolute),
            self.options.show_guesses,
            fixes=self.options.fixes,
            vocabulary=config.vocabulary,
            spared=self.spared,
        )

    def is_worth_following(self, source: Source, data: bytes) -> bool:
        """Whether a file makes weights, asks for gradients, or uses what does in another module of its project.

        If a rule asks for them, constructors of classes over a distribution or its like are worth it as well.
        """
        use(self.configs.of(os.path.dirname(source.absolute)).vocabulary)
        finder = self.finder(source)
        if source.path.endswith(NOTEBOOK):
            try:
                data = read_notebook(data).text.encode(errors="surrogatepass")
            except NotebookError:
                return True
        if is_worth_following(data, source.absolute, finder):
            return True
        codes = self.codes(source, self.configs.of(os.path.dirname(source.absolute)))
        return asks_for_constructors(codes) and defines_heir(data, source.absolute, finder)

    def codes(self, source: Source, config: Config) -> frozenset[str]:
        """The codes that run on `source`."""
        ignored = config.ignored_in(source.absolute)
        layers = (config.selection, self.options.selection, Selection(ignore=ignored))
        if layers not in self._codes:
            self._codes[layers] = chosen(layers, rules_on())
        return self._codes[layers]

    def finder(self, source: Source) -> ModuleFinder:
        """Where its imports lead."""
        return finder_for(source.absolute, self.projects.root(source.absolute))


def _users(planner: Planner, finder: Finder, used: Iterable[str], named: Collection[str]) -> list[Source]:
    """The files of the project that were not named, are worth following, and import some of the `used` ones."""
    used = list(used)
    roots = {root for root in map(planner.projects.root, used) if root is not None}
    sources = {source.absolute: source for source in finder.find(sorted(roots)).sources}
    if sources.keys() <= set(named):
        return []
    importers = importers_of(used, {path: planner.finder(source) for path, source in sources.items()})
    found = []
    for path in sorted(importers.difference(named)):
        try:
            if planner.is_worth_following(sources[path], sources[path].read()):
                found.append(sources[path])
        except OSError:
            continue
    return found


def _follow_all(tasks: Sequence[tuple[int, Task]], jobs: int) -> list[Outcome]:
    if jobs <= 1:
        return [follow_file(task) for _, task in tasks]
    from gradlint.workers import in_workers

    biggest_first = [task for _, task in sorted(tasks, key=lambda sized: -sized[0])]
    return in_workers(follow_file, biggest_first, jobs, lost)


def _result(outcomes: Sequence[Outcome], options: Options, named: Collection[str], followed: int) -> Result:
    """The result of a run; `named` are the absolute paths of the files that it was about."""
    everything = sorted((one for o in outcomes for one in (*o.diagnostics, *o.idle)), key=lambda one: one.sort_key)
    parted = options.baseline.parted(everything, named)
    one_dialect: dict[Dialect, int] = {}
    undecided = {finding.fingerprint for outcome in outcomes if outcome.undecided for finding in outcome.diagnostics}
    for finding in parted.new:
        if (
            finding.fingerprint in undecided
            and finding.dialect is not Dialect.ANY
            and finding.severity is Severity.NOTE
        ):
            one_dialect[finding.dialect] = one_dialect.get(finding.dialect, 0) + 1
    return Result(
        diagnostics=parted.new,
        files=len(named),
        followed=followed,
        weights=sum(outcome.weights for outcome in outcomes),
        not_checked=tuple(
            sorted(
                (part for o in outcomes for part in o.not_checked),
                key=lambda part: (part.span.filename, part.span.cell, part.span),
            )
        ),
        one_dialect=dict(sorted(one_dialect.items())),
        accepted=len(everything) - len(parted.new),
        silenced=frozenset(one.fingerprint for one in everything) - {one.fingerprint for one in parted.new},
        moved=parted.moved,
    )


def _common_folder(paths: Sequence[str]) -> str:
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in map(os.path.abspath, paths)]
    try:
        return os.path.commonpath(folders)
    except ValueError:
        return os.getcwd()


class _CallableModule(ModuleType):
    """Importing this module binds `gradlint.check` to it; calling that name must still check."""

    def __call__(
        self,
        paths: Iterable[str | os.PathLike[str]],
        *,
        keras: str | None = None,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] = (),
        jobs: int = 1,
    ) -> list[Diagnostic]:
        return check(paths, keras=keras, select=select, ignore=ignore, jobs=jobs)


sys.modules[__name__].__class__ = _CallableModule

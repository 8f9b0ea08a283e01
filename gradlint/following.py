"""What one source comes to: its bytes in, the findings of every rule out, settled by what the file itself says.

Whatever happens in a file stays with it: what Python cannot parse, what a rule fails on, what gradlint fails on.
"""

from __future__ import annotations

import gc
import os
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from gradlint.diagnostics import Confidence, Diagnostic, Edit, Severity
from gradlint.errors import nearest
from gradlint.fingerprints import fingerprinted
from gradlint.fixes.assessing import Assessment
from gradlint.fixes.cells import edited, in_one_cell, rewritten
from gradlint.fixes.edits import apply_edits, edits_between, with_line_ends
from gradlint.fixes.offering import Offering
from gradlint.fixes.rounds import fix_text
from gradlint.merging import merge
from gradlint.notebooks import BrokenCell, Notebook, NotebookError, read_notebook, without_broken_cells
from gradlint.requirements import dialect_of, requirements_in
from gradlint.rules import all_rules, one_for_each_cause
from gradlint.rules import check as ask_rules
from gradlint.run import Dialect, Run, Span
from gradlint.sources import NOTEBOOK, Source, decode, decode_exactly, normal, other_files, tree_of
from gradlint.static import NotChecked, analyse_source, dialect_of_source, use
from gradlint.suppressions import ABOUT_ITSELF, Claim, Suppressions, may_suppress
from gradlint.vocabulary import Vocabulary

NO_FIXES = "it could not look for fixes"
NOT_ITS_BYTES = "cannot be fixed: {} has several ways of writing its text, and the rest of it would not stay as it is"
BOTH = (Dialect.KERAS_2, Dialect.KERAS_3)


@dataclass(frozen=True)
class Task:
    """One source to follow, with everything that decides what it comes to.

    `identity` is its path in the project; `declared` the dialect that the project's dependencies settle;
    `vocabulary` what the project adds to the tables.
    """

    source: Source
    identity: str
    codes: frozenset[str]
    keras: Dialect | None
    root: str | None
    declared: Dialect | None
    show_guesses: bool
    fixes: bool = False
    """Whether the findings are to have their fixes."""
    vocabulary: Vocabulary = Vocabulary()
    spared: frozenset[str] = frozenset()
    """Fingerprints of findings that are accepted: `--fix` leaves them."""


@dataclass(frozen=True)
class Outcome:
    """What one source came to. `undecided` is true if it was run in both dialects."""

    diagnostics: tuple[Diagnostic, ...]
    weights: int = 0
    not_checked: tuple[NotChecked, ...] = ()
    undecided: bool = False
    elsewhere: tuple[Diagnostic, ...] = ()
    """Findings whose place is in another file of the project, by its absolute path; not yet fingerprinted."""
    idle: tuple[Diagnostic, ...] = ()
    """Findings about suppressions that nothing in the file itself needs; another file may."""


def follow_file(task: Task) -> Outcome:
    """What one file comes to; whatever happens in it stays with it."""
    try:
        data = task.source.read()
    except OSError as error:
        return not_checked(task, f"this file cannot be read: {words_of(error)}")
    return follow(data, task)


def _follow_notebook(data: bytes, task: Task) -> Outcome:
    """What the code of a notebook comes to, placed in its cells."""
    try:
        notebook, broken = without_broken_cells(read_notebook(data))
    except NotebookError as error:
        return not_checked(task, str(error), error.row, error.column)
    faults = tuple(_unparsed_cells(task.source.path, broken))
    outcome = follow_text(notebook.text, _of_notebook(task, notebook), notebook, faults)

    def placed(span: Span) -> Span:
        return notebook.in_cell(span) if span.filename == task.source.path else span

    def in_cells(finding: Diagnostic) -> Diagnostic:
        stops = tuple(replace(stop, span=placed(stop.span)) for stop in finding.stops)
        fix = finding.fix
        if fix is not None:
            fix = replace(fix, edits=in_one_cell(notebook, fix.edits, task.source.path) or ())
        return replace(finding, span=placed(finding.span), stops=stops, fix=fix)

    return replace(
        outcome,
        diagnostics=tuple(in_cells(one) for one in outcome.diagnostics),
        elsewhere=tuple(in_cells(one) for one in outcome.elsewhere),
        idle=tuple(in_cells(one) for one in outcome.idle),
        not_checked=tuple(replace(part, span=placed(part.span)) for part in outcome.not_checked),
    )


def _unparsed_cells(path: str, broken: Sequence[BrokenCell]) -> Iterator[Diagnostic]:
    """The finding about the first of the cells that are no Python."""
    for cell in broken[:1]:
        others = len(broken) - 1
        more = f"; {others} other cell{'s' if others > 1 else ''} cannot either" if others else ""
        span = Span(path, cell.row, cell.column, cell.row, cell.column + 1)
        yield file_not_checked(span, f"this cell cannot be parsed: {cell.reason}{more}; the rest is checked")


def _of_notebook(task: Task, notebook: Notebook) -> Task:
    """The task with what a notebook itself has installed."""
    return replace(task, declared=dialect_of(requirements_in(notebook.installs)) or task.declared)


def not_checked(task: Task, message: str, row: int = 1, column: int = 1) -> Outcome:
    """The outcome of a file that has no text."""
    finding = file_not_checked(Span(task.source.path, row, column, row, column), message)
    return Outcome(tuple(fingerprinted([finding], task.identity, "")) if finding.code in task.codes else ())


@contextmanager
def _garbage_left_lying() -> Iterator[None]:
    """No garbage collection within: it takes a tenth of the time, and one file's garbage can wait for its end."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.collect(1)
        if was_on:
            gc.enable()


@_garbage_left_lying()
def follow(data: bytes, task: Task) -> Outcome:
    """What the bytes of one file come to."""
    if task.source.path.endswith(NOTEBOOK):
        return _follow_notebook(data, task)
    try:
        text = decode(data)
    except (SyntaxError, UnicodeDecodeError) as error:
        return not_checked(task, f"this file cannot be decoded: {error}")
    outcome = follow_text(text, task)
    return _as_written(outcome, decode_exactly(data)[1]) if task.fixes and b"\r" in data else outcome


def _as_written(outcome: Outcome, text: str) -> Outcome:
    """An outcome whose fixes insert the line ends of the file."""
    findings = []
    for finding in outcome.diagnostics:
        fix = finding.fix
        if fix is not None:
            finding = replace(finding, fix=replace(fix, edits=with_line_ends(fix.edits, text)))
        findings.append(finding)
    return replace(outcome, diagnostics=tuple(findings))


def lost(task: Task, reason: str) -> Outcome:
    """The outcome of a file whose worker died."""
    return Outcome(tuple(fingerprinted([_gradlint_failed(task.source.path, reason)], task.identity, "")))


def asks_for_constructors(codes: frozenset[str]) -> bool:
    """Whether some rule asks what constructors do with their arguments, which costs time of its own."""
    return "GRD108" in codes


def _dialects(text: str, task: Task) -> tuple[Dialect, ...]:
    keras = task.keras or dialect_of_source(text) or task.declared
    return BOTH if keras is None else (keras,)


def settled_dialect(task: Task) -> tuple[Task, str]:
    """The task with the dialect that its file or its project settles, if they do, and the words for which of them."""
    try:
        data = task.source.read()
        notebook = read_notebook(data) if task.source.path.endswith(NOTEBOOK) else None
        text = decode(data) if notebook is None else notebook.text
    except (OSError, SyntaxError, UnicodeDecodeError, NotebookError):
        return task, ""
    own = dialect_of_source(text) or (dialect_of(requirements_in(notebook.installs)) if notebook else None)
    return replace(task, keras=own or task.declared), "the file itself" if own else "what the project declares"


def follow_text(text: str, task: Task, notebook: Notebook | None = None, faults: Sequence[Diagnostic] = ()) -> Outcome:
    """What the text of one file, or of the cells of a notebook, comes to; `faults` are about what is not in it."""
    dialects = _dialects(text, task)
    followed = _followed(text, task, dialects)
    home = _home(followed, task, text, [fault for fault in faults if fault.code in task.codes])
    idle: tuple[Diagnostic, ...] = ()
    if home.idle and not (followed.doubtful or faults):
        # what one Keras needs is of use, though this run may be about the other, or tell both in one finding
        others = tuple(dialect for dialect in BOTH if dialect not in dialects)
        other = _followed(text, task, others) if others else followed
        told = (one for one in (*followed.told, *other.told) if one.filename == task.source.path)
        used = settled(told, task, text).used
        idle = () if other.doubtful else tuple(one for one in home.idle if (one.span.row, one.span.column) not in used)
    findings = home.findings
    if task.fixes and findings:
        try:
            findings = tuple(_offering(text, task, dialects, followed, notebook).fixes(findings))
        except Exception as error:  # noqa: BLE001 - a crash belongs to its file; the findings are right without fixes
            failed = _gradlint_failed(task.source.path, f"{NO_FIXES}: {words_of(error)}")
            findings = (*findings, *fingerprinted([failed], task.identity, ""))
    return Outcome(
        findings,
        followed.weights,
        followed.gave_up,
        undecided=dialects == BOTH,
        elsewhere=tuple(unique(one for one in followed.findings if one.filename != task.source.path)),
        idle=idle,
    )


@dataclass(frozen=True)
class FixedFile:
    """A file's bytes before and after its fixes; `failure` says why it has none, or has them not on the disk."""

    source: Source
    before: bytes
    after: bytes
    healed: tuple[Diagnostic, ...] = ()
    withdrawn: tuple[Diagnostic, ...] = ()
    failure: str = ""


def failed_on(task: Task, reason: str, data: bytes = b"") -> FixedFile:
    """A file that gradlint itself failed on: it stays as it is."""
    return FixedFile(task.source, data, data, failure=f"gradlint itself failed on fixing this file: {reason}")


def fix_file(task: Task, unsafe: bool) -> FixedFile | None:
    """What fixes make of one file; None where it cannot be read or edited, as the check itself says."""
    if task.source.path.endswith(NOTEBOOK):
        return _fix_notebook(task, unsafe)
    try:
        data = task.source.read()
        encoding, text = decode_exactly(data)
    except (OSError, SyntaxError, UnicodeError):
        return None
    plain = normal(text)
    try:
        fixed = fix_text(plain, lambda text: _offered(text, task), unsafe)
        edited = apply_edits(text, edits_between(plain, fixed.text, task.source.path)).encode(encoding)
    except Exception as error:  # noqa: BLE001 - a crash belongs to its file, which stays as it is
        return failed_on(task, words_of(error), data)
    if decode(edited) != fixed.text:
        return failed_on(task, "what would be written is not what was analysed", data)
    if text.encode(encoding) != data and plain != fixed.text:
        return FixedFile(task.source, data, data, failure=NOT_ITS_BYTES.format(encoding))
    return FixedFile(task.source, data, edited, fixed.healed, fixed.withdrawn)


def _fix_notebook(task: Task, unsafe: bool) -> FixedFile | None:
    """What fixes make of the cells of a notebook."""
    try:
        data = task.source.read()
        notebook, _ = without_broken_cells(read_notebook(data))
    except (OSError, NotebookError):
        return None
    task = _of_notebook(task, notebook)
    known = {notebook.text: notebook}

    def apply(text: str, edits: list[Edit]) -> str:
        after = edited(known[text], edits)
        if after is None:
            raise ValueError("what can be edited fix by fix cannot be edited at once")
        known[after.text] = after
        return after.text

    try:
        fixed = fix_text(notebook.text, lambda text: _offered(text, task, known[text]), unsafe, apply)
        after = rewritten(data, notebook, known[fixed.text])
    except Exception as error:  # noqa: BLE001 - as above
        return failed_on(task, words_of(error), data)
    return FixedFile(task.source, data, after, fixed.healed, fixed.withdrawn)


def _offered(text: str, task: Task, notebook: Notebook | None = None) -> tuple[Offering, list[Diagnostic]]:
    """The fixes of a text, and the findings that they are for."""
    dialects = _dialects(text, task)
    followed = _followed(text, task, dialects)
    offering = _offering(text, task, dialects, followed, notebook)
    findings = [one for one in _home(followed, task, text).findings if one.fingerprint not in task.spared]
    return offering, offering.fixes(findings)


def _offering(
    text: str, task: Task, dialects: tuple[Dialect, ...], followed: _Followed, notebook: Notebook | None
) -> Offering:
    def assess(text: str) -> Assessment:
        return _assessment(text, task, _followed(text, task, dialects))

    def others() -> tuple[bytes, ...]:
        path, target = task.source.absolute, os.path.realpath(task.source.absolute)
        beside = other_files(target, None) if target != path and os.path.isabs(path) else ()
        return (*other_files(path, task.root), *beside)

    def possible(edits: tuple[Edit, ...]) -> bool:
        return notebook is None or in_one_cell(notebook, edits, task.source.path) is not None

    return Offering(text, task.source.path, _assessment(text, task, followed), assess, others, possible)


def _assessment(text: str, task: Task, followed: _Followed) -> Assessment:
    gave_up = len(followed.gave_up)
    if not may_suppress(text):
        return Assessment(text, task.source.path, followed.findings, followed.runs, gave_up)
    suppresses = Suppressions(text).silence
    return Assessment(text, task.source.path, followed.findings, followed.runs, gave_up, suppresses)


@dataclass(frozen=True)
class _Followed:
    """What the rules say of a text; `doubtful` if a part of it was not understood, so that silence means nothing."""

    findings: tuple[Diagnostic, ...]
    weights: int = 0
    gave_up: tuple[NotChecked, ...] = ()
    doubtful: bool = False
    runs: tuple[Run, ...] = ()
    told: tuple[Diagnostic, ...] = ()
    """Every rule's findings on each Keras, before what is one is told as one."""


def _followed(text: str, task: Task, dialects: tuple[Dialect, ...]) -> _Followed:
    use(task.vocabulary)
    path = task.source.path
    try:
        absolute = task.source.absolute if os.path.isabs(task.source.absolute) else ""
        constructors = asks_for_constructors(task.codes)
        analysis = analyse_source(text, path, dialects, absolute, task.root, constructors)
    except Exception as error:  # noqa: BLE001 - a crash belongs to its file; the others are still checked
        fault = _unparsed(text, path) or _gradlint_failed(path, words_of(error))
        return _Followed((fault,) if fault.code in task.codes else (), doubtful=True)
    crashes: list[Diagnostic] = []
    told = [list(_ask(run, task, crashes)) for run in analysis.runs]
    found = [one_for_each_cause(each) for each in told]
    findings = [*crashes, *(merge(*found) if len(found) == len(BOTH) else found[0])]
    return _Followed(
        tuple(one for one in findings if one.code in task.codes),
        analysis.weights,
        analysis.not_checked,
        doubtful=bool(crashes or analysis.not_checked),
        runs=analysis.runs,
        told=tuple(one for each in told for one in each),
    )


@dataclass(frozen=True)
class Settled:
    """The findings in a file's text that it does not suppress, and its suppressing comments.

    `used` are the places of comments that silenced something, `idle` the findings about the others.
    """

    findings: tuple[Diagnostic, ...]
    used: frozenset[tuple[int, int]] = frozenset()
    idle: tuple[Diagnostic, ...] = ()


def _home(followed: _Followed, task: Task, text: str, faults: Iterable[Diagnostic] = ()) -> Settled:
    here = (one for one in followed.findings if one.filename == task.source.path)
    return settled([*faults, *here], task, text)


def settled(findings: Iterable[Diagnostic], task: Task, text: str) -> Settled:
    """The findings in a file's text, fingerprinted, without those that the text suppresses."""
    marked = fingerprinted(unique(findings), task.identity, text)
    if not may_suppress(text):
        return Settled(_wanted(marked, task))
    suppressions = Suppressions(text)
    kept = [finding for finding in marked if not suppressions.silence(finding.code, finding.span.row)]
    idle = []
    if ABOUT_ITSELF in task.codes:
        on = {code: rule.on for code, rule in all_rules().items()}
        idle = [_idle(claim, task.source.path, on) for claim in suppressions.idle(task.codes, on)]
        idle = [one for one in idle if not suppressions.silence(one.code, one.span.row)]
    return Settled(_wanted(kept, task), suppressions.used, tuple(fingerprinted(idle, task.identity, text)))


def _wanted(findings: Iterable[Diagnostic], task: Task) -> tuple[Diagnostic, ...]:
    return tuple(one for one in findings if task.show_guesses or one.confidence is not Confidence.GUESS)


def _idle(claim: Claim, path: str, known: Iterable[str]) -> Diagnostic:
    """The finding about a suppression that suppresses nothing (GRD902)."""
    if claim.prefix is None:
        words = f"`{claim.written}` names no code, so it suppresses nothing"
    elif any(code.startswith(claim.prefix) for code in known):
        words = f"`{claim.written}` suppresses nothing"
    else:
        words = f"`{claim.written}` suppresses nothing: no rule is called so{nearest(claim.prefix, known)}"
    span = Span(path, claim.row, claim.column, claim.row, claim.column + len(claim.written))
    name = all_rules()[ABOUT_ITSELF].name
    return Diagnostic(ABOUT_ITSELF, name, Severity.WARNING, Confidence.CERTAIN, words, span)


def _ask(run: Run, task: Task, crashes: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Every rule's findings; a rule that fails is named among the crashes."""
    for code in sorted(task.codes):
        try:
            yield from list(ask_rules(run, [code]))
        except Exception as error:  # noqa: BLE001 - a crash belongs to one rule and one file
            crashes.append(_gradlint_failed(task.source.path, f"{code}: {words_of(error)}"))


def _unparsed(text: str, path: str) -> Diagnostic | None:
    """The finding about a text that Python itself cannot parse; None if the fault is ours."""
    try:
        tree_of(text)
    except SyntaxError as fault:
        row, column = fault.lineno or 1, max(fault.offset or 1, 1)
        return file_not_checked(Span(path, row, column, row, column + 1), f"this file cannot be parsed: {fault.msg}")
    except (ValueError, RecursionError, MemoryError) as fault:
        return file_not_checked(Span(path, 1, 1, 1, 1), f"this file cannot be parsed: {words_of(fault)}")
    return None


def file_not_checked(span: Span, message: str) -> Diagnostic:
    """The finding about a file that has no syntax tree (GRD901)."""
    return Diagnostic("GRD901", "file-not-checked", Severity.ERROR, Confidence.CERTAIN, message, span)


def _gradlint_failed(path: str, reason: str) -> Diagnostic:
    message = f"gradlint itself failed on this file, which is a bug in gradlint: {reason}"
    span = Span(path, 1, 1, 1, 1)
    return Diagnostic("GRD900", "gradlint-failed", Severity.ERROR, Confidence.CERTAIN, message, span)


MOST_WORDS = 200


def words_of(error: BaseException) -> str:
    """An exception in one line, which is no longer than can be read."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, (RecursionError, MemoryError)):
        return "it is nested too deeply, or too long"
    words = textwrap.shorten(str(error), MOST_WORDS, placeholder=" …")
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def unique(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The findings in the order of every report, each once."""
    return sorted(dict.fromkeys(findings), key=lambda finding: finding.sort_key)

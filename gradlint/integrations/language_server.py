"""The language server: findings as one types, and fixes as quick fixes. It speaks over standard input and output."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec, TextDocument

from gradlint import __version__
from gradlint.check import Options, check_text, fix_text
from gradlint.diagnostics import Applicability, Diagnostic, Edit, Severity
from gradlint.errors import UsageError
from gradlint.fixes.edits import edits_between
from gradlint.reports.full import remedy_lines
from gradlint.rules import all_rules
from gradlint.run import Span
from gradlint.sources import normal
from gradlint.static import forget_files

Made = TypeVar("Made")

SEVERITY = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.gradlint"
"""Applies every safe fix of a file, as `gradlint check --fix` does."""
PAUSE = 0.3
"""Seconds without a keystroke before a changed document is checked."""


@dataclass(frozen=True)
class Checked:
    """A document's text as it was checked, and what was found in it."""

    version: int | None
    text: str
    findings: tuple[Diagnostic, ...]


class Server(LanguageServer):
    """The server, with what it knows of the documents that are open."""

    def __init__(self) -> None:
        super().__init__("gradlint", __version__)
        self.checked: dict[str, Checked] = {}
        self.complaint = ""
        """What was last wrong with the config: said once, until something else is."""
        self._worker = ThreadPoolExecutor(1)  # the interpreter keeps what it has read of a project: one at a time

    async def aside(self, work: Callable[[], Made]) -> Made:
        """Do what takes time while messages go on being read."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)


def make_server() -> Server:
    """A server that has yet to be started, with `start_io()`."""
    server = Server()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    async def opened(params: types.DidOpenTextDocumentParams) -> None:
        await _check(server, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: types.DidChangeTextDocumentParams) -> None:
        uri, version = params.text_document.uri, params.text_document.version
        await asyncio.sleep(PAUSE)
        if uri in server.workspace.text_documents and server.workspace.get_text_document(uri).version == version:
            await _check(server, uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    async def saved(params: types.DidSaveTextDocumentParams) -> None:
        await server.aside(forget_files)
        for uri in [params.text_document.uri, *(set(server.checked) - {params.text_document.uri})]:
            await _check(server, uri)  # what another file of the project defines has a part in it

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.checked.pop(params.text_document.uri, None)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))

    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        uri, only = params.text_document.uri, params.context.only
        document, checked = server.workspace.get_text_document(uri), server.checked.get(uri)
        if checked is None or checked.text != normal(document.source):
            return []
        places = _Places(document, checked.text)
        made = list(_quick_fixes(checked, places, params.range)) if _asked_for(only, "quickfix") else []
        if only and _asked_for(only, FIX_ALL):  # an editor that asks for everything has the cursor on one finding
            made += await _fix_all(server, checked, places)
        return made

    return server


async def _check(server: Server, uri: str) -> None:
    """Check a document and tell the editor what is in it."""
    document = server.workspace.get_text_document(uri)
    version, text = document.version, normal(document.source)
    try:
        result = await server.aside(lambda: check_text(text.encode(), _path(uri), _options()))
    except UsageError as error:
        if server.complaint != str(error):
            server.complaint = str(error)
            message = types.ShowMessageParams(types.MessageType.Error, f"gradlint: {error}")
            server.window_show_message(message)
        return
    server.complaint = ""
    if uri not in server.workspace.text_documents:
        return  # closed meanwhile
    checked = server.checked[uri] = Checked(version, text, result.diagnostics)
    places = _Places(document, text)
    found = [_diagnostic(finding, places) for finding in checked.findings]
    server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))


def _options() -> Options:
    return Options(fixes=True, force_exclude=True)


def _path(uri: str) -> str:
    return to_fs_path(uri) or "<editor>"


class _Places:
    """The places of a document, whose columns the editor counts in units of its own."""

    def __init__(self, document: TextDocument, text: str) -> None:
        self.uri = document.uri
        self._newline = "\r\n" if "\r\n" in document.source else "\n"
        self._lines = text.split("\n")
        self._codec: PositionCodec = document.position_codec

    def range(self, span: Span) -> types.Range:
        """A place in this document."""
        return types.Range(self._position(span.row, span.column), self._position(span.end_row, span.end_column))

    def _position(self, row: int, column: int) -> types.Position:
        return self._codec.position_to_client_units(self._lines, types.Position(row - 1, column - 1))

    def location(self, span: Span) -> types.Location:
        """A place here or in another file, whose columns are taken as they are."""
        path = _path(self.uri)
        if span.filename == path:
            return types.Location(self.uri, self.range(span))
        begin, end = (
            types.Position(span.row - 1, span.column - 1),
            types.Position(span.end_row - 1, span.end_column - 1),
        )
        return types.Location(from_fs_path(os.path.abspath(span.filename)) or self.uri, types.Range(begin, end))

    def edits(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        """Edits of this document."""
        made = [types.TextEdit(self.range(edit.span), edit.content.replace("\n", self._newline)) for edit in edits]
        return types.WorkspaceEdit({self.uri: made})


def _diagnostic(finding: Diagnostic, places: _Places) -> types.Diagnostic:
    rule = all_rules().get(finding.code)
    return types.Diagnostic(
        range=places.range(finding.span),
        message="\n".join([finding.message, *remedy_lines(finding.remedies)]),
        severity=SEVERITY[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(rule.url) if rule else None,
        source="gradlint",
        related_information=[
            types.DiagnosticRelatedInformation(places.location(stop.span), stop.words) for stop in finding.stops
        ],
    )


def _quick_fixes(checked: Checked, places: _Places, asked: types.Range) -> Iterator[types.CodeAction]:
    """The fixes of what was found in a range."""
    for finding in checked.findings:
        fix = finding.fix
        if fix is None or not _overlap(places.range(finding.span), asked):
            continue
        is_safe = fix.applicability is Applicability.SAFE
        yield types.CodeAction(
            title=fix.message if is_safe else f"{fix.message} (unsafe)",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[_diagnostic(finding, places)],
            edit=places.edits(fix.edits),
            is_preferred=is_safe,
        )


async def _fix_all(server: Server, checked: Checked, places: _Places) -> list[types.CodeAction]:
    """All safe fixes of a document as one."""
    path, data = _path(places.uri), checked.text.encode()
    fixed = await server.aside(lambda: fix_text(data, path, _options(), unsafe=False))
    edits = edits_between(checked.text, fixed.after.decode(), path)
    return [types.CodeAction("Apply all safe fixes of gradlint", FIX_ALL, edit=places.edits(edits))] if edits else []


def _asked_for(only: Sequence[types.CodeActionKind | str] | None, kind: str) -> bool:
    """Whether a kind is one of those asked for, or below one: `source.fixAll` asks for `source.fixAll.gradlint`."""
    asked = [one.value if isinstance(one, types.CodeActionKind) else one for one in only or ()]
    return not asked or any(f"{kind}.".startswith(f"{one}.") for one in asked)


def _overlap(one: types.Range, other: types.Range) -> bool:
    return (one.start.line, one.start.character) <= (other.end.line, other.end.character) and (
        other.start.line,
        other.start.character,
    ) <= (one.end.line, one.end.character)

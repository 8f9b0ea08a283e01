"""The language server, as an editor starts it: a process of its own, spoken to over its standard input and output."""

from __future__ import annotations

import asyncio
import sys

import pytest
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from tests.conftest import BROKEN, BROKEN_ROW, HEALTHY, ROOT

pytestmark = pytest.mark.static
SECONDS = 60
"""How long an answer may take on a busy machine."""


class Editor(LanguageClient):
    """An editor that opens, changes and saves documents, and keeps what it is told."""

    def __init__(self, folder):
        super().__init__("editor", "1")
        self.folder = folder
        self.told: asyncio.Queue = asyncio.Queue()
        self.messages: asyncio.Queue = asyncio.Queue()
        self.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda told: self.told.put_nowait(told))
        self.feature(types.WINDOW_SHOW_MESSAGE)(lambda said: self.messages.put_nowait(said))

    def uri(self, name):
        return (self.folder / name).as_uri()

    def open(self, name, text):
        item = types.TextDocumentItem(self.uri(name), "python", 1, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, name, version, text):
        document = types.VersionedTextDocumentIdentifier(version, self.uri(name))
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def next_told(self):
        return await asyncio.wait_for(self.told.get(), SECONDS)

    async def actions(self, name, where, only=None):
        document = types.TextDocumentIdentifier(self.uri(name))
        context = types.CodeActionContext([], only=only)
        asked = self.text_document_code_action_async(types.CodeActionParams(document, where, context))
        return await asyncio.wait_for(asked, SECONDS)


@pytest.fixture
def edit(tmp_path, monkeypatch):
    """Run a scene in an editor that has a server beside it."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)

    async def play(scene, encodings):
        editor = Editor(tmp_path)
        await editor.start_io(sys.executable, "-m", "gradlint", "server")
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        await editor.initialize_async(types.InitializeParams(types.ClientCapabilities(general=general)))
        editor.initialized(types.InitializedParams())
        await scene(editor)
        await editor.shutdown_async(None)
        editor.exit(None)
        await editor.stop()

    return lambda scene, encodings=None: asyncio.run(play(scene, encodings))


def applied(text, action):
    """The text with the edits of an action, whose columns are characters here."""
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:row])) for row in range(len(lines) + 1)]
    ((_, edits),) = action.edit.changes.items()
    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        begin, end = (starts[place.line] + place.character for place in (edit.range.start, edit.range.end))
        text = text[:begin] + edit.new_text + text[end:]
    return text


def test_a_document_is_checked_as_it_is_typed_and_fixed(edit):
    async def scene(editor):
        editor.open("model.py", HEALTHY)
        assert not (await editor.next_told()).diagnostics
        editor.change("model.py", 2, BROKEN[:-20])
        editor.change("model.py", 3, BROKEN)
        told = await editor.next_told()
        (found,) = told.diagnostics
        assert (told.version, found.code, found.source, found.range.start.line) == (
            3,
            "GRD101",
            "gradlint",
            BROKEN_ROW - 1,
        )
        assert found.severity is types.DiagnosticSeverity.Error
        assert found.message.startswith("`self.mu` gets no gradient")
        assert found.code_description.href.endswith("GRD101/")
        assert any("created here" in one.message for one in found.related_information)
        (fix,) = await editor.actions("model.py", found.range)
        assert fix.kind == types.CodeActionKind.QuickFix
        editor.change("model.py", 4, applied(BROKEN, fix))
        assert not (await editor.next_told()).diagnostics
        assert not await editor.actions("model.py", found.range)
        editor.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(editor.uri("model.py")))
        )
        assert not (await editor.next_told()).diagnostics

    edit(scene)


def test_all_safe_fixes_are_one_action(edit):
    text = BROKEN.replace("\n", "\r\n")

    async def scene(editor):
        editor.open("model.py", text)
        (found,) = (await editor.next_told()).diagnostics
        (fix,) = await editor.actions("model.py", found.range, ["source.fixAll"])
        assert fix.kind == "source.fixAll.gradlint"
        fixed = applied(text, fix)
        assert fixed.count("\n") == fixed.count("\r\n")
        editor.change("model.py", 2, fixed)
        assert not (await editor.next_told()).diagnostics

    edit(scene)


@pytest.mark.parametrize(("encoding", "width"), [("utf-16", 2), ("utf-32", 1), ("utf-8", 4)])
def test_columns_are_counted_as_the_editor_does(edit, encoding, width):
    line = BROKEN.split("\n")[BROKEN_ROW - 1]
    assert "Normal(" in line
    text = BROKEN.replace("Normal(", 'Normal(name="\N{SNAKE}", loc=').replace(", 1.0)", ", scale=1.0)")
    column = text.split("\n")[BROKEN_ROW - 1].index("self.mu[0]")

    async def scene(editor):
        editor.open("model.py", text)
        (found,) = (await editor.next_told()).diagnostics
        assert found.range.start.character == column - 1 + width

    edit(scene, [types.PositionEncodingKind(encoding)])


def test_the_config_decides_and_what_is_wrong_with_it_is_said_once(edit, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.gradlint]\nselekt = []\n")

    async def scene(editor):
        editor.open("model.py", BROKEN)
        message = await asyncio.wait_for(editor.messages.get(), SECONDS)
        assert "selekt" in message.message
        (tmp_path / "pyproject.toml").write_text('[tool.gradlint]\nignore = ["GRD1"]\n')
        document = types.TextDocumentIdentifier(editor.uri("model.py"))
        editor.text_document_did_save(types.DidSaveTextDocumentParams(document))
        assert not (await editor.next_told()).diagnostics
        assert editor.messages.empty()

    edit(scene)

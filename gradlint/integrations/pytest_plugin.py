"""The pytest plugin: the fixture `gradient_probe`, and `--gradlint`, which checks files as tests.

It is loaded by every run of pytest where gradlint is installed, so nothing is imported before it is wanted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from gradlint.check import Result
    from gradlint.diagnostics import Diagnostic
    from gradlint.probe import ProbeReport
    from gradlint.probe.accepting import Accept
    from gradlint.sources import Finder

CHECKED = (".py", ".ipynb")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--gradlint`."""
    parser.getgroup("gradlint").addoption(
        "--gradlint",
        action="store_true",
        help="check the Python files that are collected for lost gradients, too (reads them, runs no TensorFlow)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Without `--gradlint` no hook of ours is ever called."""
    if config.getoption("gradlint"):
        from gradlint.config import Configs
        from gradlint.errors import UsageError

        try:
            Configs().of(str(config.rootpath))
        except UsageError as error:
            raise pytest.UsageError(f"gradlint: {error}") from None
        config.pluginmanager.register(_Files(), "gradlint-files")


@pytest.fixture
def gradient_probe(request: pytest.FixtureRequest) -> Callable[..., ProbeReport]:
    """`gradlint.probe`; if the test fails, it shows every gradient that was asked for."""

    def probe(
        model_or_factory: Any,
        inputs: Any = None,
        *,
        loss: Callable[[Any, Any], Any] | None = None,
        accept: Accept = (),
    ) -> ProbeReport:
        from gradlint.probe import probe as run
        from gradlint.probe.table import table

        report = run(model_or_factory, inputs, loss=loss, accept=accept)
        request.node.add_report_section("call", "gradients", table(report, color=False))
        return report

    return probe


class _Files:
    """Makes a test of each file, and checks all of them at once when the first is wanted."""

    def __init__(self) -> None:
        self._finder: Finder | None = None
        self._result: Result | None = None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> CheckedFile | None:
        if file_path.suffix not in CHECKED:
            return None
        if not parent.session.isinitpath(file_path) and self._excluded(str(file_path)):
            return None
        return CheckedFile.from_parent(parent, path=file_path)

    def _excluded(self, path: str) -> bool:
        from gradlint.config import Configs
        from gradlint.sources import Finder

        if self._finder is None:
            self._finder = Finder(Configs().of, force_exclude=True)
        return self._finder.excluded_by_force(path)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """The place of a failure is that of the first finding, which is known only now."""
        outcome: Any = yield
        found = call.excinfo.value if call.excinfo is not None else None
        if isinstance(item, CheckItem) and isinstance(found, Findings):
            file, _, title = item.location
            outcome.get_result().location = (file, found.first.location.row - 1, title)

    def found_in(self, item: CheckItem) -> list[Diagnostic]:
        """The findings in the file of an item."""
        if self._result is None:
            from gradlint.check import Options, check_paths

            files = {os.path.relpath(each.path) for each in item.session.items if isinstance(each, CheckItem)}
            self._result = check_paths(sorted(files), Options())
        return [each for each in self._result.diagnostics if _same(each.filename, item.path)]

    def not_read(self, item: CheckItem) -> Iterable[str]:
        """What stands in the file of an item and could not be checked."""
        parts = self._result.not_checked if self._result is not None else ()
        return [f"line {part.span.row}: {part.reason}" for part in parts if _same(part.span.filename, item.path)]


def _same(filename: str, path: Path) -> bool:
    return os.path.abspath(filename) == str(path)


class Findings(Exception):  # noqa: N818 - it is what was found, and no error of ours
    """The findings of a file, as the failure of its test."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    @property
    def first(self) -> Diagnostic:
        """The first of those that make the test fail."""
        from gradlint.diagnostics import Severity

        return next(each for each in self.diagnostics if each.severity is not Severity.NOTE)

    @property
    def message(self) -> str:
        """The first finding and the number of the others, in one line."""
        others = len(self.diagnostics) - 1
        return f"{self.first.code} {self.first.message}" + (f" (and {others} more)" if others else "")


class CheckedFile(pytest.File):
    """A file that `--gradlint` checks."""

    def collect(self) -> Iterable[CheckItem]:
        """One test."""
        yield CheckItem.from_parent(self, name="gradlint")


class CheckItem(pytest.Item):
    """The test that a file loses no gradient."""

    def runtest(self) -> None:
        """Fail if there is an error or a warning."""
        from gradlint.diagnostics import Severity

        files = self.config.pluginmanager.getplugin("gradlint-files")
        diagnostics = files.found_in(self)
        for each in diagnostics:
            place = f"{os.path.relpath(each.filename)}:{each.location.row}:{each.location.column}"
            self.user_properties.append(("gradlint", f"{place}: {each.code} {each.message}"))
        if any(each.severity is not Severity.NOTE for each in diagnostics):
            raise Findings(diagnostics)
        for words in files.not_read(self):
            self.add_report_section("call", "gradlint could not check", words)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *_: Any, **__: Any) -> Any:
        """The report of `gradlint check`, not a traceback of ours."""
        if not isinstance(excinfo.value, Findings):
            return super().repr_failure(excinfo)
        from _pytest._code.code import ReprEntryNative, ReprExceptionInfo, ReprFileLocation, ReprTraceback

        from gradlint.reports.full import report
        from gradlint.reports.lines import lines_from_files
        from gradlint.reports.palette import Palette

        found = excinfo.value
        text = report(found.diagnostics, lines_from_files(), Palette()).rstrip("\n") + "\n"
        # What pytest makes of an exception: the only form whose line and message reach a JUnit file from a worker.
        return ReprExceptionInfo(
            reprtraceback=ReprTraceback([ReprEntryNative([text])], None, style="native"),
            reprcrash=ReprFileLocation(str(self.path), found.first.location.row, found.message),
        )

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """What stands above the failure."""
        return self.path, None, f"gradlint {self.path.name}"

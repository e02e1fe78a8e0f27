"""Insecure Python code, found by ruff.

What: the Python files of the newest commit are read by ruff with its security rules (S), which are those of bandit.

Why: these are the calls and habits by which Python programs are taken over most often.

Fix: see each finding. Comments that ask ruff to overlook something (noqa) are not followed, and its settings in the
repository are not read. Assertions in tests are not reported: that is what tests are made of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keyhole.core.terms import Kind
from keyhole.scanners.programs.answers import items, number, parsed, rule_name, text
from keyhole.scanners.programs.encodings import source_as_utf_8
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.python import ASSERT, in_tests, is_python, is_script, may_be_python, remark
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.scanner import Answer, File, Malformed, ProgramScanner, Remark

# The folder that a whole path begins with may have any name.
_CHECKING = re.compile(rb"Checking: (.+)$", re.MULTILINE)
_FAILED = re.compile(rb"Failed to lint (.+?\.pyi?):")
_INVALID = "invalid-syntax"


class Ruff(ProgramScanner):
    """The scanner, before it is made ready."""

    id = "ruff"
    title = "Insecure Python code (ruff)"
    kind = Kind.CODE
    program = Program("ruff", "ruff", "pip install 'keyhole[code]' installs ruff.")
    what = "Python file"
    overlooks = (b"noqa", b"ruff: ignore")

    def wants(self, path: bytes) -> bool:
        """Python and its stubs."""
        return may_be_python(path)

    def cares(self, path: bytes, content: bytes) -> bool:
        """Without an ending, only what says that Python runs it."""
        return is_python(path) or is_script(content)

    def alike(self, path: bytes, other: bytes) -> bool:
        """A name without an ending may be that of anything."""
        return is_python(other) or not is_python(path)

    def content(self, raw: bytes) -> bytes:
        """As UTF-8, the only encoding that ruff reads; a file may declare another."""
        text = source_as_utf_8(raw)
        return raw if text is None else text

    def name(self, number: int, path: bytes) -> str:
        """By a number, and with an ending that ruff looks at."""
        return f"{number // 1000}/{number}.py{'i' if path.lower().endswith(b'.pyi') else ''}"

    def arguments(self, folder: Path) -> list[str]:
        """The security rules alone, without any settings, comments or lists of what to leave out."""
        isolated = ["--isolated", "--no-cache", "--no-respect-gitignore", "--ignore-noqa"]
        return ["check", "--verbose", *isolated, "--select", "S", "--output-format", "json", "."]

    def read(self, ran: Ran, files: Mapping[str, File]) -> Answer:
        """Its findings, without assertions in tests."""
        if ran.code not in {0, 1}:
            raise Malformed("which says that it failed")
        # Its log names every file that it opens; what it passes over it does not mention anywhere.
        checked = {_short(path.decode("ascii", "replace")) for path in _CHECKING.findall(ran.errors)}
        answer = Answer(
            unread=dict.fromkeys([name for name in files if name not in checked], "it was passed over")
        )
        strange = [name for name, file in files.items() if source_as_utf_8(file.content) is None]
        answer.unread |= dict.fromkeys(strange, "Python may read it in an encoding in which ruff does not")
        for name in _FAILED.findall(ran.errors):
            answer.unread[_short(name.decode("ascii", "replace"))] = "it could not be read as text"
        for found in items(parsed(ran.output)):
            name = _short(text(found, "filename"))
            if text(found, "name") == _INVALID:
                answer.unread[name] = "it is not valid Python"
            elif text(found, "code") != f"S{ASSERT}" or not _in_tests(name, files):
                answer.remarks.append(_remark(name, found))
        return answer


def _short(path: str) -> str:
    """Files are named by their whole path; ours are the last two pieces of it."""
    return "/".join(path.split("/")[-2:])


def _in_tests(name: str, files: Mapping[str, File]) -> bool:
    return name in files and in_tests(files[name].path)


def _remark(name: str, found: Any) -> Remark:
    code = text(found, "code")
    words = text(found, "name")
    return remark(
        name=name,
        line=number(found, "location", "row"),
        check=code.removeprefix("S"),
        rule=rule_name(f"{code}-{words}"),
        title=words.replace("-", " "),
        references=(text(found, "url"),),
        detail=str(number(found, "location", "column")),
    )


SCANNER = Ruff()

"""How the shipped code is written: small, documented, quiet, with one reader of the environment."""

from __future__ import annotations

import ast
import statistics

import pytest

from tests.conventions.checkout import PACKAGE, name, sources, tree, written_sources

MOST_LINES = 400
MEDIAN_LINES = 110
NINE_IN_TEN_FUNCTIONS = 36
# What a person starts and reads on a terminal.
PRINTING = {"cli", "server.py"}
ENVIRONMENT_READERS = {PACKAGE / "settings/__init__.py"}
# Entry points turn an option into the variable that the settings then read: they write, and read nothing.
HANDS_ON_THE_ENVIRONMENT = {"cli", "server.py"}

each_source = pytest.mark.parametrize("path", written_sources(), ids=name)


def lines_of(path):
    return path.read_text(encoding="utf-8").count("\n")


def functions(path):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]


@each_source
def test_no_file_is_too_long_to_read(path):
    assert lines_of(path) <= MOST_LINES


def test_most_files_are_short():
    assert statistics.median(map(lines_of, written_sources())) <= MEDIAN_LINES


def test_nine_functions_in_ten_fit_on_a_screen():
    lengths = sorted(
        node.end_lineno - node.lineno + 1 for path in written_sources() for node in functions(path)
    )
    assert lengths[len(lengths) * 9 // 10] <= NINE_IN_TEN_FUNCTIONS


@each_source
def test_every_module_says_what_it_is(path):
    assert ast.get_docstring(tree(path)), "a module opens with a docstring"


@each_source
def test_only_the_command_line_prints(path):
    if PRINTING & set(path.relative_to(PACKAGE).parts):
        return
    prints = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not prints, f"print() at lines {prints}"


def written_to(path):
    """The mentions of os.environ that only set something: an assignment to an item, update, setdefault as such."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield node.value
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and node.value.func.attr in {"update", "setdefault"}
        ):
            yield node.value.func.value


def reads_environment(node):
    if isinstance(node, ast.Attribute):
        return (
            node.attr in {"environ", "environb", "getenv", "getenvb"}
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        )
    if isinstance(node, ast.ImportFrom):
        return node.module == "os" and any(
            alias.name.startswith(("environ", "getenv")) for alias in node.names
        )
    return False


@pytest.mark.parametrize("path", sources(), ids=name)
def test_the_environment_is_read_in_one_place(path):
    if path in ENVIRONMENT_READERS:
        return
    entry = path.relative_to(PACKAGE).parts[0] in HANDS_ON_THE_ENVIRONMENT
    written = set(map(id, written_to(path))) if entry else set()
    reads = [
        node.lineno for node in ast.walk(tree(path)) if reads_environment(node) and id(node) not in written
    ]
    assert not reads, f"only keyhole/settings/__init__.py reads the environment; lines {reads}"


def is_broad(handler):
    caught = handler.type
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(
        each is None or (isinstance(each, ast.Name) and each.id in {"Exception", "BaseException"})
        for each in names
    )


@each_source
def test_a_broad_except_has_its_reason_beside_it(path):
    text = path.read_text(encoding="utf-8").splitlines()
    without = [
        node.lineno
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and is_broad(node)
        and not reason(text[node.lineno - 1])
        and not text[node.lineno].lstrip().startswith("#")
    ]
    assert not without, f"broad except without a comment at lines {without}"


def reason(line):
    """The comment of a line, without what is meant for a linter."""
    _, _, comment = line.partition("#")
    words = comment.replace("#", " ").split()
    return " ".join(word for word in words if not word.startswith(("noqa", "BLE", "type:", "pragma")))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("except Exception:", ""),
        ("except Exception:  # noqa: BLE001", ""),
        ("except Exception:  # noqa: BLE001  # a plug-in may raise anything", "a plug-in may raise anything"),
    ],
)
def test_a_linter_mark_is_no_reason(line, expected):
    assert reason(line) == expected

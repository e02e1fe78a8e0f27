"""Pages, actions and scanners are found, not listed; what is found is whole."""

from __future__ import annotations

import ast

import pytest

from keyhole.core.actions import ACTIONS, Role
from tests.conventions.checkout import PACKAGE, ROOT, files, name, sources, tree

TABLE = PACKAGE / "core" / "actions.py"


def strings(path):
    return {
        node.value
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def calls(path, *names):
    """Calls of a function by its bare name, or as an attribute of something."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                yield node


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_asked_for_somewhere(action):
    askers = [path for path in sources() if path != TABLE and action in strings(path)]
    assert askers, f"{action} protects nothing"


@pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)
def test_every_action_has_a_role_and_the_owner_may_do_it(action):
    assert Role.OWNER in action.roles
    assert action.title


def test_only_known_actions_are_required():
    unknown = [
        f"{name(path)}:{call.lineno}: {argument.value}"
        for path in sources()
        for call in calls(path, "require", "may")
        for argument in call.args[1:2]
        if isinstance(argument, ast.Constant) and argument.value not in ACTIONS
    ]
    assert not unknown, "\n".join(unknown)


PAGES = [path for path in sources() if path.parent == PACKAGE / "web/pages" and path.name != "__init__.py"]


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_module_registers_pages(path):
    registered = list(calls(path, "page"))
    assert registered, "a module of web/pages registers a page"
    for call in registered:
        assert {"name", "title", "action"} <= {keyword.arg for keyword in call.keywords}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_is_opened_by_a_test(path):
    tests = {test for test in files() if test.is_relative_to(ROOT / "tests") and test.suffix == ".py"}
    mirror = ROOT / "tests/unit/web/pages" / f"test_{path.name}"
    flat = ROOT / "tests/unit/web" / f"test_{path.name}"
    if mirror in tests or flat in tests:
        return
    # A story may walk through several pages: then it names each by the path that the page is registered under.
    paths = [call.args[0].value for call in calls(path, "page") if isinstance(call.args[0], ast.Constant)]
    stems = [f"/{text.partition('<')[0].rstrip('/')}" for text in paths]
    walked = [
        test
        for test in tests
        if not test.is_relative_to(ROOT / "tests/conventions")
        and any(text == stem or (stem != "/" and stem in text) for stem in stems for text in strings(test))
    ]
    assert walked, f"neither {name(flat)} exists nor does a story open one of {paths}"


def test_every_scanner_is_in_the_module_of_its_name_and_documented():
    from keyhole.scanners.registry import all_scanners

    assert all_scanners()
    for scanner in all_scanners().values():
        module = scanner.id.replace("-", "_")
        path = PACKAGE / "scanners" / f"{module}.py"
        path = path if path.exists() else PACKAGE / "scanners" / module / "__init__.py"
        assert path.exists(), scanner.id
        assert ast.get_docstring(tree(path)), "the docstring is the scanner's page"

import ast
from pathlib import Path

import pytest

import keyhole.web.pages
from keyhole.core.actions import ACTIONS
from keyhole.web import registry
from keyhole.web.registry import OPEN, navigation, page, pages

MODULES = sorted(
    path for path in Path(keyhole.web.pages.__path__[0]).glob("*.py") if path.name != "__init__.py"
)


def test_every_page_names_an_action_and_only_the_way_in_is_open():
    assert all(known.action in ACTIONS or known.action == OPEN for known in pages())
    assert {known.name for known in pages() if known.action == OPEN} == {
        "shared",
        "shared-file",
        "shared-link",
        "sign-in",
        "sign-out",
        "setup",
        "setup-link",
        "invitation",
        "invitation-link",
        "reset",
        "reset-link",
        "sign-in-second",
        "sign-in-oidc",
        "sign-in-oidc-back",
        "sign-in-passkey",
        "sign-in-passkey-options",
    }


def test_a_page_with_an_unknown_action_does_not_load():
    with pytest.raises(ValueError, match="is not an action"):
        page("x", name="x", title="X", action="token:steal")


def test_two_pages_cannot_have_one_name():
    taken = pages()[0].name
    with pytest.raises(ValueError, match="another one of this name"):
        page("x", name=taken, title="X", action="token:read")


def test_a_page_without_an_action_is_not_even_python():
    with pytest.raises(TypeError):
        page("x", name="x", title="X")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_view_of_the_package_is_a_page(path):
    """A public function with a request that is not under @page would be a view that nobody judges."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            assert any(
                isinstance(mark, ast.Call) and mark.func.id == "page" for mark in node.decorator_list
            ), node.name


def test_every_path_is_served_once():
    paths = [known.path for known in pages()]
    assert len(paths) == len(set(paths))


def test_addresses_do_not_collide_with_the_gateway_s():
    from keyhole.gateway.app import claims

    for known in pages():
        assert not claims(
            f"/{known.path}".replace("<int:number>", "7").replace("<str:kind>", "json").encode()
        ), known.path


def test_the_navigation_is_in_the_order_of_the_mock():
    assert [known.nav.title for known in navigation()] == [
        "Overview",
        "Repositories",
        "Code scans",
        "Findings",
        "Libraries",
        "Integrations",
        "Settings",
    ]


def test_every_section_is_an_entry_of_the_navigation_or_the_page_itself():
    entries = {known.name for known in navigation()}
    assert all(known.section in entries or known.action == OPEN for known in pages())


def test_what_writes_is_never_done_by_get():
    assert all(known.methods == ("GET",) or "POST" in known.methods for known in pages())
    assert registry.trail("settings") == [("/settings", "Settings")]

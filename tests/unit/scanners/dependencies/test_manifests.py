"""What people write into manifests, and manifests that nobody could have meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.scanners.dependencies import manifests
from keyhole.scanners.dependencies.scripted import gradle_asked, swift_asked

READERS = {
    "package.json": manifests.npm_wanted,
    "composer.json": manifests.composer_wanted,
    "pyproject.toml": manifests.python_wanted,
    "Pipfile": manifests.pipfile_wanted,
    "Cargo.toml": manifests.cargo_wanted,
    "mix.exs": manifests.mix_wanted,
    "paket.dependencies": manifests.paket_wanted,
    "Gemfile": manifests.gem_developing,
}
MEANT = {
    "package.json": b'{"dependencies": {"a": 1}, "devDependencies": [], "optionalDependencies": {"b": "2"}}',
    "composer.json": b'{"require": {"A/b": "*"}, "require-dev": 7}',
    "pyproject.toml": b"""
[project]
dependencies = ["A>=1", 7, "???"]
[project.optional-dependencies]
x = ["B"]
y = 3
[tool.poetry]
dependencies = { python = "^3", c = "*" }
group = { d = { dependencies = { e = "*" } }, f = 1 }
[dependency-groups]
g = ["h", { include-group = "x" }]
[tool.uv]
dev-dependencies = ["i"]
""",
    "Pipfile": b'[packages]\nA = "*"\n',
    "Cargo.toml": b"""
[target."cfg(unix)".dependencies]
a = "1"
[workspace.dependencies]
b = "1"
[dev-dependencies]
c = "1"
""",
    "mix.exs": b"[{:a, path: 1}, {:b, only: :test}]",
    "paket.dependencies": b"group X\n  nuget A ~> 1\n",
    "Gemfile": b"gem 'a', group: :test\ngroup :development do\n  gem 'b'\nend\ngem 'c'\ngem 'b', '~> 1'\n",
}


def test_each_says_what_is_asked_for():
    told = {name: READERS[name]({name: [content]}) for name, content in MEANT.items() if name != "Gemfile"}
    assert {name: (sorted(each.direct), sorted(each.developing)) for name, each in told.items()} == {
        "package.json": (["a", "b"], []),
        "composer.json": (["a/b"], []),
        "pyproject.toml": (["a", "b", "c"], ["e", "h", "i"]),
        "Pipfile": (["a"], []),
        "Cargo.toml": (["a", "b"], ["c"]),
        "mix.exs": (["a"], ["b"]),
        "paket.dependencies": (["a"], []),
    }
    assert manifests.gem_developing({"Gemfile": [MEANT["Gemfile"]]}) == {"a"}


@pytest.mark.parametrize("name", [name for name in READERS if name != "Gemfile"])
def test_one_that_cannot_be_read_is_as_if_there_were_none(name):
    assert READERS[name]({}) is None
    assert READERS[name]({name: [b"\xff"]}) is None


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=25)
@given(data=st.data())
def test_meddling_does_no_harm(name, data):
    content = MEANT[name]
    at = data.draw(st.integers(0, len(content)))
    to = data.draw(st.integers(at, len(content)))
    put = data.draw(
        st.sampled_from([b"", b"[", b'"', b"0", b"\n", b"[" * 50_000, b" " * 200_000, b"{:a," * 50_000])
    )
    READERS[name]({name: [content[:at] + put + content[to:]]})


def test_a_list_that_begins_again_and_again_is_read_once():
    hostile = b"{:a, " + b"only:[" * 200_000 + b"}"
    assert manifests.mix_wanted({"mix.exs": (hostile,)}).direct == {"a": ""}


@pytest.mark.parametrize(
    "junk", [b"/*", b'"', b"'a", b'"\\', b"constraints {", b".package(name:", b"api 'a:"]
)
def test_programs_of_any_length_are_looked_through_in_one_go(junk):
    # What tries every beginning of a text without an end would not be done when the test's time is over.
    content = junk * (1_000_000 // len(junk))
    assert gradle_asked({"build.gradle": [content]}).names == set()
    assert not swift_asked({"Package.swift": [content]}).whole


@pytest.mark.parametrize(
    ("text", "developing"),
    [
        ('group :test do\n  gem "a"\nend', True),
        ('group :development, :test, optional: true do\n  gem "a"\nend', True),
        ('group(*%i[development test], :optional => true) do\n  gem "a"\nend', True),
        ('group "test" do\n  platforms :ruby do\n    gem "a"\n  end\nend', True),
        ('group :test, :production do\n  gem "a"\nend', False),
        ('group :test do\n  gem "a", group: :production\nend', False),
        ('group :production do\n  group :test do\n    gem "a"\n  end\nend', False),
        ('group :test do\n  gem "b"\nend\ngem "a"', False),
        ('group :test do gem "b" end\ngem "a"', False),
        ('gem "a", "~> 1", group: :test', True),
        ('gem("a", :groups => [:development, :test], require: false)', True),
        ('gem "a", groups: %w(ci lint)', True),
        ('gem "a", group: [:test, "production"]', False),
        ('gem "a", group: :production, require: "test"', False),
        ('gem "a", git: "https://example.org/group/test"', False),
        ('gem "a", path: "test"', False),
    ],
)
def test_a_gem_is_for_developing_if_all_its_groups_are(text, developing):
    assert ("a" in manifests.gem_developing({"Gemfile": [text.encode()]})) is developing


@pytest.mark.parametrize("junk", [", a:", ", ", "group ", " do", ":groups =>", "%i[", "group: [", "(("])
def test_a_line_of_any_length_is_looked_through_in_one_go(junk):
    line = junk * (500_000 // len(junk))
    for text in (f"group {line}", f'gem "a"{line}'):
        manifests.gem_developing({"Gemfile": [text.encode()]})

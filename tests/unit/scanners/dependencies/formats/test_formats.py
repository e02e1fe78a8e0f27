"""Each kind of file is known by its name; junk of any kind gives Malformed and nothing else."""

from __future__ import annotations

import json
import pkgutil
import re
from importlib import import_module

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyhole.scanners.dependencies import formats
from keyhole.scanners.dependencies.documents import json_in, objects, toml_in
from keyhole.scanners.dependencies.formats import (
    actions,
    cargo_lock,
    npm_lock,
    python_lock,
    reader_of,
    readers,
    requirements,
)
from keyhole.scanners.dependencies.libraries import library
from keyhole.scanners.dependencies.package import Lines, Malformed, text_of
from tests.unit.scanners.dependencies.formats.named import SAMPLES

MODULES = [
    import_module(f"{formats.__name__}.{found.name}") for found in pkgutil.iter_modules(formats.__path__)
]
FILES = sorted(SAMPLES.iterdir())


def short(module):
    return module.__name__.rpartition(".")[2]


def read_by(file):
    return import_module(f"{formats.__name__}.{file.name.partition('.')[0]}").read


@pytest.mark.parametrize(
    ("path", "module"),
    [
        (b"package-lock.json", npm_lock),
        (b"deep/down/Cargo.lock", cargo_lock),
        (b"requirements-dev.txt", requirements),
        (b"a/dev-requirements.txt", requirements),
        (b"requirements/base.txt", requirements),
        (b"a/requirements/dev.txt", requirements),
        (b".github/workflows/ci.yml", actions),
        (b"tools/action.yaml", actions),
        (b"pylock.prod.toml", python_lock),
    ],
)
def test_files_are_known_by_their_names(path, module):
    assert reader_of(path) is module.read


@pytest.mark.parametrize(
    "path", [b"workflows/ci.yml", b"requirements.d/a.txt", b"packages.json", b"README.md", b"\xff\xfe", b""]
)
def test_other_files_are_not(path):
    assert reader_of(path) is None


JUNK = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b'{"packages": []}',
    b'{"packages": {"node_modules/a": 1}}',
    b'{"dependencies": {"a": {"dependencies": {"b": 7}}}}',
    b'{"packages": [1]}',
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"packages": {"node_modules/a": {"version": 1}}}',
    b"package = 1",
    b"[[package]]\nname = 1",
    b"lockfileVersion: 1\npackages:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 1000)),
    b"lockfileVersion: 1\npackages: &a [*a, *a]\n",
    b'"\\' * 100_000,
    b"," * 100_000 + b" " * 100_000,
    b"a = " + b"[" * 100_000,
    b"x" * 1_000_000,
    b"\n" * 100_000,
]


@pytest.mark.parametrize("module", MODULES, ids=short)
@pytest.mark.parametrize("content", JUNK, ids=range(len(JUNK)))
def test_junk_is_malformed_or_has_no_packages(module, content):
    try:
        found = list(module.read(content))
    except Malformed:
        return
    assert all(isinstance(each.name, str) and isinstance(each.version, str) for each in found)


@pytest.mark.parametrize("module", MODULES, ids=short)
@given(content=st.binary(max_size=200))
def test_any_bytes_do_no_harm(module, content):
    try:
        list(module.read(content))
    except Malformed:
        return


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@given(data=st.data())
def test_a_file_that_somebody_meddled_with_does_no_harm(file, data):
    content = file.read_bytes()
    at = data.draw(st.integers(0, len(content)))
    to = data.draw(st.integers(at, len(content)))
    put = data.draw(st.sampled_from([b"", b"[", b"{", b'"', b"<", b"0", b":\n", b"\n  ", content[at:to] * 3]))
    try:
        found = list(read_by(file)(content[:at] + put + content[to:]))
    except Malformed:
        return
    assert all(isinstance(each.name, str) and isinstance(each.version, str) for each in found)


_OTHER_TOML = ["1", "[]", "{}", "[1]", "[[{}]]", "true", "1979-05-27", '""', "{a = 1}"]
OTHER_KINDS = [
    None,
    True,
    7,
    -1.5,
    "",
    "x",
    "\ud800",
    [],
    [[]],
    {},
    [None],
    {"": None},
    [{"name": 1}],
    "a" * 10_000,
]


def other_kind(value, at, other):
    """The same with the value at this place, in the order of writing, replaced."""
    count = 0

    def walk(each):
        nonlocal count
        count += 1
        if count == at + 1:
            return other
        if isinstance(each, dict):
            return {key: walk(below) for key, below in each.items()}
        return [walk(below) for below in each] if isinstance(each, list) else each

    return walk(value)


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.read_bytes()[:1] == b"{"], ids=lambda file: file.stem
)
@given(at=st.integers(0, 60), other=st.sampled_from(OTHER_KINDS))
def test_a_value_of_another_kind_does_no_harm(file, at, other):
    try:
        document = json.loads(file.read_bytes())
    except ValueError:
        return  # Bun's and Erlang's are only alike
    try:
        found = list(read_by(file)(json.dumps(other_kind(document, at, other)).encode()))
    except Malformed:
        return
    for each in found:
        library(b"x", each)


@pytest.mark.parametrize(
    "file", [file for file in FILES if b"\n[[" in file.read_bytes()], ids=lambda file: file.stem
)
@given(
    at=st.integers(0, 30),
    put=st.sampled_from(_OTHER_TOML),
)
def test_a_toml_value_of_another_kind_does_no_harm(file, at, put):
    lines = file.read_text().splitlines()
    places = [number for number, line in enumerate(lines) if " = " in line]
    number = places[at % len(places)]
    lines[number] = f"{lines[number].partition(' = ')[0]} = {put}"
    try:
        found = list(read_by(file)("\n".join(lines).encode()))
    except Malformed:
        return
    for each in found:
        library(b"x", each)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
@settings(max_examples=20)
@given(data=st.data())
def test_a_line_of_any_length_is_read_in_one_go(file, data):
    content = file.read_bytes()
    at = data.draw(st.integers(0, len(content)))
    # A pattern that tries every split of such a line would not be done when the test's time is over.
    put = data.draw(
        st.sampled_from([b" ", b".", b"a", b"/", b"@", b"-", b":", b"(", b'"', b"\\", b"#", b","])
    )
    try:
        list(read_by(file)(content[:at] + put * 300_000 + content[at:]))
    except Malformed:
        return


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_lines_are_where_the_names_are(file):
    lines = file.read_text().splitlines()
    for package in read_by(file)(file.read_bytes()):
        if package.own or package.name in {"stdlib", "c.example.org/z"}:
            continue
        last = re.split(r"[/:]", package.name)[-1].removesuffix(".gradle.plugin")
        assert last.lower() in lines[package.line - 1].lower(), package


def test_every_module_is_found():
    assert set(readers().values()) == {module.read for module in MODULES}


def test_documents_that_are_none():
    for content, read in ((b"1", json_in), (b"x", toml_in), (b"\xff", text_of)):
        with pytest.raises(Malformed):
            read(content)
    with pytest.raises(Malformed):
        list(objects("text"))
    assert list(objects(None)) == []


def test_lines_go_on_from_where_they_were():
    lines = Lines(b"a\nb\na\nc\n")
    assert [lines.of("a"), lines.of("b"), lines.of("a"), lines.of("missing"), lines.of("c")] == [
        1,
        2,
        3,
        3,
        4,
    ]


def test_the_same_words_again_are_on_the_next_line_that_has_them():
    lines = Lines(b"a\na\nb\na\n")
    assert [lines.of("a"), lines.of("a"), lines.of("a"), lines.of("a")] == [1, 2, 4, 4]


def test_a_file_in_which_nothing_is_found_is_not_searched_for_ever(monkeypatch):
    monkeypatch.setattr("keyhole.scanners.dependencies.package._PATIENCE", 10)
    lines = Lines(b"x\n" * 100 + b"a\n")
    assert {lines.of("missing") for _ in range(10)} == {1}
    assert lines.of("a") == 1


def test_many_packages_of_one_name_do_not_multiply():
    entry = '[[package]]\nname = "p"\nversion = "{}"\ndependencies = [{{ name = "p" }}]\n'
    content = "".join(map(entry.format, range(5_000))).encode()
    assert sum(1 for _ in python_lock.read(content)) == 5_000

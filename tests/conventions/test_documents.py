"""Documents do not rot: their links lead somewhere, and change notes have one shape."""

from __future__ import annotations

import re
import string
from urllib.parse import unquote

import pytest

from tests.conventions.checkout import ROOT, files, name

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
FRAGMENT = re.compile(r"(?P<issue>\d+)-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)\.(?P<kind>[a-z]+)\.md")
KINDS = {"added", "changed", "fixed", "removed", "security"}
LONGEST_FRAGMENT = 500


def prose(path):
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(path):
    """The anchors that headings get on GitHub: lower case, punctuation dropped, blanks to hyphens."""
    dropped = str.maketrans("", "", string.punctuation.replace("-", "").replace("_", ""))
    return {heading.lower().translate(dropped).replace(" ", "-") for heading in HEADING.findall(prose(path))}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_relative_links_lead_somewhere(document):
    broken = []
    for link in LINK.findall(prose(document)):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        target, _, anchor = unquote(link).partition("#")
        place = (document.parent / target).resolve() if target else document
        here = place.exists() and place.is_relative_to(ROOT)
        if not here or (anchor and place.suffix == ".md" and anchor not in anchors(place)):
            broken.append(link)
    assert not broken, f"{name(document)}: {broken}"


fragments = [
    path for path in files() if path.parent == ROOT / "changes" and path.name != "README.md"
]  # fmt: skip


@pytest.mark.parametrize("path", fragments, ids=name)
def test_a_change_note_has_the_shape(path):
    match = FRAGMENT.fullmatch(path.name)
    assert match, "changes/<issue>-<what>.<kind>.md"
    assert match["kind"] in KINDS
    text = path.read_text(encoding="utf-8")
    assert text.strip()
    assert len(text) <= LONGEST_FRAGMENT
    assert not text.startswith(("#", "-", "*")), "a sentence, not a heading or a list"
    assert text.rstrip().endswith(".")


def test_the_readme_gives_the_commands_that_ci_runs():
    readme = (ROOT / "README.md").read_text()
    ci = (ROOT / ".ci/run").read_text()
    for command in ("make demo", "make test"):
        assert command in readme
        assert command.replace("make ", "") in ci


def test_every_make_target_is_listed_by_help():
    makefile = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)[1].split())
    explained = set(re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE))
    assert explained == phony

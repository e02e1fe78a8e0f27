"""Which files of YAML and JSON describe infrastructure, and which of them nobody could read.

checkov passes over a Kubernetes manifest that it cannot read without a word, so that is found out here.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection, Iterable, Mapping

from keyhole.scanners.programs.documents import unreadable
from keyhole.scanners.programs.encodings import as_utf_8
from keyhole.scanners.programs.scanner import File

MANIFESTS = (".yaml", ".yml", ".json")
"""How the names of files end in which there may be something for Kubernetes."""
TERRAFORM_JSON = ".tf.json"
_CHART = "Chart.yaml"
# By these, wherever they stand, checkov knows what it leaves to another program.
_RENDERED = re.compile(rb"\{\{-?\s*\.(Release|Values)\.")


def is_manifest(content: bytes) -> bool:
    """Whether it says that it is for Kubernetes."""
    return b"apiVersion" in content and b"kind" in content


def is_template(content: bytes) -> bool:
    """Whether it says that it is for CloudFormation."""
    return b"AWSTemplateFormatVersion" in content or (b"Resources" in content and b"AWS::" in content)


def in_charts(files: Iterable[str]) -> frozenset[str]:
    """The folders of Helm charts, each with its slash."""
    return frozenset(name.removesuffix(_CHART) for name in files if f"/{name}".endswith(f"/{_CHART}"))


def readable(raw: bytes) -> bytes:
    """The same text as checkov can read it: in UTF-8, and without tabs where JSON has them between its words."""
    content = as_utf_8(raw).removeprefix(codecs.BOM_UTF8)
    # It reads JSON as if it were YAML, where they are an error. Inside of its strings JSON itself allows none.
    if b"\t" in content and content.lstrip()[:1] in {b"{", b"["} and _is_json(content):
        return content.replace(b"\t", b" ")
    return content


def broken(files: Mapping[str, File], charts: Collection[str]) -> dict[str, str]:
    """Why, by the name of each file that cannot be read; those of charts are no YAML before they are rendered."""
    found = {}
    for name, file in files.items():
        if any(name.startswith(f"{chart}templates/") for chart in charts):
            continue
        if why := _broken(name, readable(file.content)):
            found[name] = why
    return found


def _broken(name: str, content: bytes) -> str:
    if not _is_text(content):
        return "it could not be read as text"
    described = name.endswith(MANIFESTS) and is_manifest(content)
    if name.endswith(".json") and (described or name.endswith(TERRAFORM_JSON)) and not _is_json(content):
        return "it is not valid JSON"
    if not described or name.endswith(TERRAFORM_JSON):
        return ""
    if _RENDERED.search(content):
        return "checkov takes it for a template of Helm"
    return unreadable(content)


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True

"""Which files of YAML and JSON describe infrastructure, and which of them nobody could read.

checkov passes over a Kubernetes manifest that it cannot read without a word, so that is found out here.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from keyhole.scanners.programs.scanner import File

_CHART = "Chart.yaml"


def is_manifest(content: bytes) -> bool:
    """Whether it says that it is for Kubernetes."""
    return b"apiVersion" in content and b"kind" in content


def is_template(content: bytes) -> bool:
    """Whether it says that it is for CloudFormation."""
    return b"AWSTemplateFormatVersion" in content or (b"Resources" in content and b"AWS::" in content)


def in_charts(files: Iterable[str]) -> frozenset[str]:
    """The folders of Helm charts, each with its slash."""
    return frozenset(name.removesuffix(_CHART) for name in files if f"/{name}".endswith(f"/{_CHART}"))


def broken(files: Mapping[str, File], charts: Collection[str]) -> dict[str, str]:
    """Why, by the name of each manifest that cannot be read; those of charts are no YAML before they are rendered."""
    found = {}
    for name, file in files.items():
        if any(name.startswith(f"{chart}templates/") for chart in charts):
            continue
        if not _is_text(file.content):
            found[name] = "it could not be read as text"
        elif is_manifest(file.content) and (why := _unreadable(name, file.content)):
            found[name] = why
    return found


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unreadable(name: str, content: bytes) -> str:
    if name.endswith((".tf", ".tfvars")):
        return ""
    try:
        if name.endswith(".json"):
            json.loads(content)
        else:
            _walk(content)
    except (ValueError, RecursionError):
        return "it is not valid YAML" if not name.endswith(".json") else "it is not valid JSON"
    return ""


def _walk(content: bytes) -> None:
    """Reads the text to nodes, in which what is repeated is one node: nothing can grow beyond the text.

    A key that is no plain text is what a template looks like before it is rendered.
    """
    import yaml  # noqa: PLC0415 - 20 ms that only a scan with this scanner needs

    seen: set[int] = set()
    try:
        left: list[Any] = list(yaml.compose_all(content, yaml.SafeLoader))
    except yaml.YAMLError:
        raise ValueError from None
    while left:
        node = left.pop()
        if node is None or id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            left += [value for _, value in node.value]
        else:
            raise ValueError

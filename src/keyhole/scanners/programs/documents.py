"""The YAML of Kubernetes manifests: whether checkov, which reads it with PyYAML, makes of it what it can check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_TAG = "tag:yaml.org,2002:"
_MERGE, _VALUE, _TEXT = f"{_TAG}merge", f"{_TAG}value", f"{_TAG}str"
_PAIRS = (f"{_TAG}omap", f"{_TAG}pairs")
_KEYS = frozenset({"apiVersion", "kind"})
# What checkov does not take for the name of anything.
_NO_NAME = re.compile(r"[#{}]")
_LONGEST_NAME = 253


def unreadable(content: bytes) -> str:
    """Why checkov passes over it, or over a part of it; empty if it does not."""
    import yaml  # noqa: PLC0415 - 20 ms that only a scan with this scanner needs

    try:
        documents = [each for each in yaml.compose_all(content, yaml.SafeLoader) if each is not None]
        nodes = [list(_nodes(document)) for document in documents]
    except (yaml.YAMLError, ValueError, RecursionError):
        return "it is not valid YAML"
    resources = [_is_resource(document) for document in documents]
    if any(resources) and not all(_can_be_made(each) for each in nodes):
        return "it has a tag or a value that checkov cannot read"
    if any(map(_is_oddly_named, _all(nodes, resources))):
        return "checkov passes over what is named with #, { or }, with no text, or too long"
    return ""


def _nodes(document: Any) -> Iterator[Any]:
    """Every node once. What is repeated is one node: nothing can grow beyond the text.

    A key that is no plain text is what a template looks like before it is rendered.
    """
    import yaml  # noqa: PLC0415 - see above

    seen: set[int] = set()
    left: list[Any] = [document]
    while left:
        node = left.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            left += node.value
        elif isinstance(node, yaml.MappingNode):
            if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
                raise ValueError
            left += [value for _, value in node.value]
            left += [key for key, _ in node.value if key.tag not in {_MERGE, _VALUE}]


def _is_resource(document: Any) -> bool:
    """Whether it may describe something for Kubernetes: it says what, or includes something that may."""
    import yaml  # noqa: PLC0415 - see above

    if not isinstance(document, yaml.MappingNode):
        return False
    return (
        any(key.tag == _MERGE for key, _ in document.value)
        or {key.value for key, _ in document.value} >= _KEYS
    )


def _can_be_made(nodes: list[Any]) -> bool:
    """Whether something can be made of each node, of one with others in it as if it were empty."""
    import yaml  # noqa: PLC0415 - see above

    maker = yaml.SafeLoader("")
    for node in nodes:
        alone = node
        if isinstance(node, yaml.SequenceNode):
            if node.tag in _PAIRS and node.value:
                return False  # what may be in them is not worth finding out
            alone = yaml.SequenceNode(node.tag, [])
        elif isinstance(node, yaml.MappingNode):
            if not all(_can_be_merged(value) for key, value in node.value if key.tag == _MERGE):
                return False
            alone = yaml.MappingNode(node.tag, [])
        try:
            maker.construct_document(alone)
        except (yaml.YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError):
            return False  # a number, a date or a word of yes and no that is none fails in its own way
    return True


def _can_be_merged(value: Any) -> bool:
    import yaml  # noqa: PLC0415 - see above

    within = value.value if isinstance(value, yaml.SequenceNode) else [value]
    return all(isinstance(each, yaml.MappingNode) for each in within)


def _all(nodes: list[list[Any]], wanted: list[bool]) -> Iterator[Any]:
    for each, is_wanted in zip(nodes, wanted, strict=True):
        if is_wanted:
            yield from each


def _is_oddly_named(node: Any) -> bool:
    """Whether it is a mapping with a `name` for which checkov passes over all that it is in."""
    import yaml  # noqa: PLC0415 - see above

    if not isinstance(node, yaml.MappingNode):
        return False
    names = (value for key, value in node.value if key.value == "name" and isinstance(value, yaml.ScalarNode))
    return any(
        each.tag != _TEXT or len(each.value) > _LONGEST_NAME or _NO_NAME.search(each.value) for each in names
    )

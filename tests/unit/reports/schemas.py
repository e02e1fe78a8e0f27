"""The published schemas that reports have to be valid by."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import jsonschema
from referencing import Registry, Resource

DATA = Path(__file__).with_name("data")


def check_cyclonedx(document):
    """Raises if the document is no CycloneDX 1.6."""
    _cyclonedx().validate(document)


def check_sarif(document):
    """Raises if the document is no SARIF 2.1.0."""
    _sarif().validate(document)


def _schema(name):
    return json.loads((DATA / name).read_text("utf-8"))


@functools.cache
def _cyclonedx():
    names = [f"{name}.SNAPSHOT.schema.json" for name in ("bom-1.6", "spdx", "jsf-0.82")]
    loaded = {name: _schema(name) for name in names}
    home = "http://cyclonedx.org/schema/"  # the first one refers to the others by their names beside it
    registry = Registry().with_resources(
        [(f"{home}{name}", Resource.from_contents(each)) for name, each in loaded.items()]
    )
    return jsonschema.Draft7Validator(
        loaded[names[0]], registry=registry, format_checker=jsonschema.FormatChecker()
    )


@functools.cache
def _sarif():
    return jsonschema.Draft7Validator(_schema("sarif-2.1.0-rtm.5.json"))

"""Makes the sandbox's digest of GitHub's REST API description: what each operation's answer and body look like.

    python scripts/digest_api_description.py api.github.com.json

The description is published as github/rest-api-description and packaged, under the MIT licence, as @octokit/openapi.
What is kept of each operation: the status of success, the top level of the answer, the name of a list beside
`total_count`, the fields that a body must have, the types that its fields may have, and one empty object of the
documented kind: every field with the value that says least.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1] / "src/keyhole"
TARGET = PACKAGE / "testing/github/data/operation_shapes.json"
SOURCE = "@octokit/openapi 23.0.2 (GitHub REST API description, api.github.com)"
PREFERRED = {
    "GET": ("200", "302", "204"),
    "POST": ("201", "202", "200", "204", "205"),
    "PUT": ("204", "200", "201", "202"),
    "PATCH": ("200", "202", "204"),
    "DELETE": ("204", "202", "200"),
}
INITIALS = {
    "string": "s",
    "integer": "i",
    "number": "f",
    "boolean": "b",
    "array": "a",
    "object": "o",
    "null": "n",
}
DEEPEST = 2
"""Levels of objects inside an empty object; below, an object is empty."""


class Description:
    """The API description, with its references followed."""

    def __init__(self, path: Path) -> None:
        self.raw = json.loads(path.read_bytes())
        self.empties: dict[str, Any] = {}
        """Component name -> empty object."""

    def follow(self, node: Any) -> Any:
        """What a reference stands for."""
        while isinstance(node, dict) and "$ref" in node:
            found = self.raw
            for part in node["$ref"].split("/")[1:]:
                found = found[part]
            node = found
        return node or {}

    def kind(self, schema: Any) -> str:
        """`object`, `list`, or the name of a plain type."""
        schema = self.follow(schema)
        if "type" in schema:
            return {"array": "list"}.get(schema["type"], schema["type"])
        for key in ("oneOf", "anyOf", "allOf"):
            if key in schema:
                return self.kind(schema[key][0])
        return "object" if "properties" in schema else "any"

    def properties(self, schema: Any) -> dict[str, Any]:
        """Fields of an object; of the first alternative where there are several."""
        schema = self.follow(schema)
        if "properties" in schema:
            return schema["properties"]
        for key in ("oneOf", "anyOf"):
            if key in schema:
                return self.properties(schema[key][0])
        return {
            name: field for each in schema.get("allOf", ()) for name, field in self.properties(each).items()
        }

    def required(self, schema: Any) -> set[str]:
        """Fields that a body must have in every alternative."""
        schema = self.follow(schema)
        found = set(schema.get("required", ()))
        for key in ("oneOf", "anyOf"):
            alternatives = [self.follow(each) for each in schema.get(key, ())]
            objects = [each for each in alternatives if each.get("type") == "object" or "required" in each]
            if objects and len(objects) == len(alternatives):
                found |= set.intersection(*map(self.required, objects))
        return found

    def types(self, schema: Any, depth: int = 0) -> str:
        """Initials of the JSON types that a value may have, sorted: `n` is null, `o` object; empty for any."""
        schema = self.follow(schema)
        found = {"n"} if schema.get("nullable") else set()
        alternatives = [each for key in ("oneOf", "anyOf") for each in schema.get(key, ())]
        if "type" not in schema and alternatives and depth < DEEPEST:
            for each in alternatives:
                inner = self.types(each, depth + 1)
                if not inner:
                    return ""
                found |= set(inner)
            return "".join(sorted(found))
        names = schema.get("type", ())
        names = [names] if isinstance(names, str) else names
        if not names:
            return ""
        return "".join(sorted(found | {INITIALS[each] for each in names}))

    def empty(self, schema: Any, depth: int = 0) -> Any:
        """The value of this kind that says least."""
        schema = self.follow(schema)
        if schema.get("nullable") or schema.get("type") == "null":
            return None
        if "default" in schema:
            return schema["default"]
        if "enum" in schema:
            return schema["enum"][0]
        kind = self.kind(schema)
        if kind == "string":
            return {"date-time": "@now", "uri": "@url"}.get(schema.get("format", ""), "")
        plain = {"integer": 0, "number": 0, "boolean": False, "list": []}
        if kind in plain:
            return plain[kind]
        if depth >= DEEPEST:
            return {}
        return {name: self.empty(field, depth + 1) for name, field in self.properties(schema).items()}

    def empty_of(self, schema: Any) -> Any:
        """An empty object, by the name of its component where it has one."""
        if isinstance(schema, dict) and "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            self.empties.setdefault(name, self.empty(schema))
            return name
        return self.empty(schema)


def digest(description: Description, method: str, path: str) -> dict[str, Any]:
    """One operation."""
    operation = description.raw["paths"][path][method.lower()]
    good = sorted(code for code in operation["responses"] if code[0] == "2" or code in {"301", "302"})
    status = next((code for code in PREFERRED[method] if code in good), good[0])
    content = description.follow(operation["responses"][status]).get("content", {})
    row: dict[str, Any] = {"status": int(status), "body": "none"}
    if status.startswith("3"):
        row["body"] = "redirect"
    elif "application/json" in content:
        schema = content["application/json"].get("schema", {})
        row["body"] = description.kind(schema)
        fields = description.properties(schema) if row["body"] == "object" else {}
        lists = [name for name, field in fields.items() if description.kind(field) == "list"]
        if "total_count" in fields and lists:
            row["under"] = lists[0]
        elif row["body"] == "object":
            row["empty"] = description.empty_of(schema)
    elif content:
        row["body"] = "text"
    body = description.follow(operation.get("requestBody", {})).get("content", {}).get("application/json", {})
    if needed := sorted(description.required(body.get("schema", {}))):
        row["required"] = needed
    types = {
        name: description.types(field)
        for name, field in description.properties(body.get("schema", {})).items()
    }
    if types := {name: each for name, each in types.items() if each}:
        row["types"] = types
    return row


def main() -> None:
    """Reads the description named on the command line, writes the digest."""
    description = Description(Path(sys.argv[1]))
    table = json.loads((PACKAGE / "core/github_permissions.json").read_bytes())
    sections = ("endpoints", "endpoints_available", "not_available", "unlisted")
    operations = {
        row["operation_id"]: digest(description, row["method"], row["path"])
        for name in sections
        for row in table[name]
    }
    lines = {
        name: _lines(rows) for name, rows in (("operations", operations), ("empties", description.empties))
    }
    TARGET.write_text(
        f'{{\n"source": {json.dumps(SOURCE)},\n"license": "MIT",\n'
        f'"operations": {{\n{lines["operations"]}\n}},\n"empties": {{\n{lines["empties"]}\n}}\n}}\n'
    )


def _lines(rows: dict[str, Any]) -> str:
    return ",\n".join(
        f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}" for name, row in rows.items()
    )


if __name__ == "__main__":
    main()

"""Which packages are direct and what pulls the others in: projects, bills of materials and .NET."""

from __future__ import annotations

import json

from keyhole.scanners.dependencies.formats import (
    go_mod,
    msbuild,
    nuget_assets,
    nuget_lock,
    paket_lock,
    pom_xml,
    sbom,
)
from tests.unit.scanners.dependencies.formats.named import told


def test_nuget():
    lock = {
        "dependencies": {
            "net8.0": {
                "A": {"type": "Direct", "resolved": "1.0.0", "dependencies": {"b": "2.0.0"}},
                "B": {"type": "Transitive", "resolved": "2.0.0"},
                "own": {"type": "Project", "dependencies": {"C": "3.0.0"}},
                "C": {"type": "CentralTransitive", "resolved": "3.0.0"},
            }
        }
    }
    assert told(nuget_lock.read, lock) == {
        "A 1.0.0": "direct",
        "B 2.0.0": "transitive by A",
        "C 3.0.0": "transitive by own",
    }


def test_what_dotnet_writes_when_it_builds():
    targets = {"net8.0": {"A/1.0.0": {"type": "package", "dependencies": {"B": "2.0.0"}}, "B/2.0.0": {}}}
    libraries = {"A/1.0.0": {"type": "package"}, "B/2.0.0": {"type": "package"}}
    expected = {"A 1.0.0": "direct", "B 2.0.0": "transitive by A"}
    assets = {
        "targets": targets,
        "libraries": libraries,
        "projectFileDependencyGroups": {"net8.0": ["A >= 1.0.0"]},
    }
    assert told(nuget_assets.read, assets) == expected
    app = {"App/1.0.0": {"dependencies": {"A": "1.0.0"}}}
    deps = {
        "targets": {"net8.0": targets["net8.0"] | app},
        "libraries": {"App/1.0.0": {"type": "project"}} | libraries,
    }
    assert told(nuget_assets.read, deps) == expected
    assert told(nuget_assets.read, {"libraries": libraries})["A 1.0.0"] == "unknown"


def test_paket():
    lock = "NUGET\n  remote: x\n    A (1.0.0)\n      b (>= 2.0)\n    B (2.0.0)\n"
    assert told(paket_lock.read, lock, **{"paket.dependencies": "source x\nnuget a ~> 1.0\n"}) == {
        "A 1.0.0": "direct",
        "B 2.0.0": "transitive by A",
    }


def test_go():
    text = "go 1.21.0\nrequire (\n\ta.org/x v1.0.0\n\tb.org/y v1.0.0 // indirect\n)\n"
    assert told(go_mod.read, text) == {
        "stdlib 1.21.0": "direct",
        "a.org/x v1.0.0": "direct",
        "b.org/y v1.0.0": "transitive",
    }


def test_projects_name_what_they_ask_for():
    dependency = (
        "<dependency><groupId>g</groupId><artifactId>{}</artifactId><version>1.0</version></dependency>"
    )
    managed = f"<dependencyManagement>{dependency.format('m')}</dependencyManagement>"
    pom = f"<project>{managed}{dependency.format('d')}</project>"
    assert told(pom_xml.read, pom) == {"g:m 1.0": "unknown", "g:d 1.0": "direct"}
    central = '<PackageVersion Include="B" Version="1.0"/>'
    project = f'<Project><PackageReference Include="A" Version="1.0"/>{central}</Project>'
    assert told(msbuild.read, project) == {"A 1.0": "direct", "B 1.0": "unknown"}


def test_cyclonedx():
    document = {
        "bomFormat": "CycloneDX",
        "metadata": {"component": {"bom-ref": "app"}},
        "components": [
            {
                "bom-ref": "1",
                "name": "a",
                "purl": "pkg:npm/a@1.0.0",
                "licenses": [{"license": {"id": "MIT"}}],
            },
            {
                "bom-ref": "2",
                "name": "b",
                "purl": "pkg:npm/b@1.0.0",
                "licenses": [{"expression": "MIT OR ISC"}],
            },
        ],
        "dependencies": [{"ref": "app", "dependsOn": ["1"]}, {"ref": "1", "dependsOn": ["2"]}],
    }
    assert told(sbom.read, document) == {"a 1.0.0": "direct", "b 1.0.0": "transitive by a"}
    assert [each.licences for each in sbom.read(json.dumps(document).encode())] == [("MIT",), ("MIT OR ISC",)]
    del document["dependencies"]
    assert told(sbom.read, document)["a 1.0.0"] == "unknown"


def test_spdx():
    def package(name):
        purl = {"referenceType": "purl", "referenceLocator": f"pkg:npm/{name}@1.0.0"}
        return {"SPDXID": name, "name": name, "externalRefs": [purl], "licenseDeclared": "ISC"}

    document = {
        "spdxVersion": "SPDX-2.3",
        "documentDescribes": ["app"],
        "packages": [{"SPDXID": "app", "name": "app"}, *map(package, "abc")],
        "relationships": [
            {"spdxElementId": "app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "a"},
            {"spdxElementId": "b", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "a"},
            {"spdxElementId": "c", "relationshipType": "DEV_DEPENDENCY_OF", "relatedSpdxElement": "app"},
        ],
    }
    assert told(sbom.read, document) == {
        "a 1.0.0": "direct",
        "b 1.0.0": "transitive by a",
        "c 1.0.0": "direct dev",
    }
    assert [each.licences for each in sbom.read(json.dumps(document).encode())] == [("ISC",)] * 3

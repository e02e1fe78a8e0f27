"""Projects of .NET and the files that they share."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.examiner import Packages
from keyhole.scanners.dependencies.formats import msbuild
from tests.unit.scanners.dependencies.advisories import index_of, record
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_references_with_their_versions():
    content = sample("msbuild")
    assert named(msbuild.read, content) == [
        ("NuGet", "Newtonsoft.Json", "12.0.1"),
        ("NuGet", "Exact.One", "1.0.0"),
        ("NuGet", "Serilog", "2.10.0-dev-1"),
        ("NuGet", "Analyzer", "1.1.118"),
        ("NuGet", "Floating", ""),
        ("NuGet", "Ranged", ""),
        ("NuGet", "Unset", ""),
        ("NuGet", "Central", ""),
        ("NuGet", "Central.Other", "3.0.0"),
        ("NuGet", "Kept.Here", "4.0.0"),
    ]
    found = list(msbuild.read(content))
    assert [each.name for each in found if each.dev] == ["Analyzer"]
    assert [each.name for each in found if each.managed] == ["Central"]


def test_several_in_one_reference():
    text = '<Project><ItemGroup><PackageReference Update="A; B" Version="1.0"/></ItemGroup></Project>'
    assert named(msbuild.read, text) == [("NuGet", "A", "1.0"), ("NuGet", "B", "1.0")]


def test_properties_of_shared_files_above_count_from_the_nearest_ones():
    shared = "<Project><PropertyGroup><A>{a}</A><B>{b}</B></PropertyGroup></Project>"
    files = {
        "../Directory.Build.props": shared.format(a="1.0", b="1.0"),
        "../../Directory.Build.props": shared.format(a="0.1", b="0.1"),
        "Directory.Packages.props": "<Project><PropertyGroup><B>2.0</B></PropertyGroup></Project>",
    }
    project = """<Project><ItemGroup><PackageReference Include="X" Version="$(A)" />
<PackageReference Include="Y" Version="$(B)" /><PackageReference Include="Z" Version="$(C)" /></ItemGroup></Project>"""
    found = msbuild.read(project.encode(), lambda place: files.get(place, "").encode() or None)
    assert [(each.name, each.version) for each in found] == [("X", "1.0"), ("Y", "2.0"), ("Z", "")]
    broken = msbuild.read(project.encode(), lambda _place: b"<Project>")
    assert [each.version for each in broken] == ["", "", ""]


CENTRAL = b'<Project><ItemGroup><PackageVersion Include="Tool" Version="1.0.0" /></ItemGroup></Project>'
ASKING = b'<Project><ItemGroup><PackageReference Include="tool"%b /></ItemGroup></Project>'
PRIVATE = b' PrivateAssets="all"'


@pytest.mark.parametrize(
    ("assets", "relation", "dev"),
    [((), "unknown", False), ((PRIVATE,), "direct", True), ((PRIVATE, b""), "direct", False)],
)
def test_a_central_version_stands_as_the_projects_have_it_that_refer_to_it(tmp_path, assets, relation, dev):
    files = [(b"%d/x.csproj" % number, ASKING % each) for number, each in enumerate(assets)]
    scanner = Packages(index_of(tmp_path, record(name="Tool", ecosystem="NuGet")))
    (found,) = scanner.assess([*files, (b"Directory.Packages.props", CENTRAL)]).libraries
    assert (found.path, found.relation, found.dev) == ("Directory.Packages.props", relation, dev)

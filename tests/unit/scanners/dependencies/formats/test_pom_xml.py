"""Maven's project files."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.examiner import Packages
from keyhole.scanners.dependencies.formats import pom_xml
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.advisories import index_of, record
from tests.unit.scanners.dependencies.formats.named import named, sample


def test_declared_packages_with_the_files_own_properties():
    content = sample("pom_xml")
    assert named(pom_xml.read, content) == [
        ("Maven", "org.springframework:spring-core", "5.0.0"),
        ("Maven", "com.fasterxml:jackson", "2.9.0"),
        ("Maven", "org.springframework:spring-core", ""),
        ("Maven", "junit:junit", "4.12"),
        ("Maven", "org.example:sibling", "1.0.0"),
        ("Maven", "org.example:ranged", ""),
        ("Maven", "org.example:elsewhere", ""),
        ("Maven", "org.example:round", ""),
        ("Maven", "org.example:newest", ""),
        ("Maven", "${unknown}:whose", ""),
        ("Maven", "org.apache.maven.plugins:maven-shade-plugin", "3.2.0"),
    ]
    found = list(pom_xml.read(content))
    assert [each.name for each in found if each.managed] == ["org.springframework:spring-core"]
    assert [each.name.partition(":")[2] for each in found if each.dev] == ["junit", "maven-shade-plugin"]


def test_another_kind_of_document_is_none():
    with pytest.raises(Malformed):
        list(pom_xml.read(b"<settings/>"))


CHILD = """<project><parent><groupId>g</groupId><artifactId>{parent}</artifactId><version>1</version>{place}</parent>
<artifactId>core</artifactId>{properties}
<dependencies><dependency><groupId>a</groupId><artifactId>b</artifactId><version>${{b.version}}</version></dependency>
</dependencies></project>"""
ROOT = "<project><artifactId>root</artifactId>{parent}<properties>{properties}</properties></project>"
ABOVE = "<parent><groupId>g</groupId><artifactId>top</artifactId><version>1</version></parent>"


def version(files, **told):
    given = {"parent": "root", "place": "", "properties": ""} | told
    around = lambda place: files.get(place, "").encode() or None  # noqa: E731
    (package,) = pom_xml.read(CHILD.format(**given).encode(), around)
    return package.version


def test_properties_of_parents_count_and_the_nearer_ones_first():
    root = ROOT.format(parent="", properties="<b.version>2.0</b.version>")
    assert version({"../pom.xml": root}) == "2.0"
    assert version({"../up/pom.xml": root}, place="<relativePath>../up</relativePath>") == "2.0"
    assert (
        version({"../pom.xml": root}, properties="<properties><b.version>3</b.version></properties>") == "3"
    )
    middle = ROOT.format(parent=ABOVE, properties="<c>1</c>")
    top = ROOT.format(parent="", properties="<b.version>${c}.5</b.version>").replace("root", "top")
    assert version({"../pom.xml": middle, "../../pom.xml": top}) == "1.5"


def test_a_file_that_is_not_the_parent_tells_nothing():
    root = ROOT.format(parent="", properties="<b.version>2.0</b.version>")
    assert version({}) == ""
    assert version({"../pom.xml": root}, parent="other") == ""
    assert version({"../pom.xml": root}, place="<relativePath/>") == ""
    assert version({"../pom.xml": "<settings/>"}) == ""
    itself = ROOT.format(parent=ABOVE.replace("top", "root"), properties="")
    assert version(dict.fromkeys(("../" * each + "pom.xml" for each in range(20)), itself)) == ""


MANAGING = b"""<project><groupId>g</groupId><artifactId>top</artifactId><dependencyManagement><dependencies><dependency>
<groupId>g</groupId><artifactId>tool</artifactId><version>1.0</version>
</dependency></dependencies></dependencyManagement></project>"""
ASKING = b"""<project><parent><groupId>g</groupId><artifactId>top</artifactId></parent><dependencies><dependency>
<groupId>g</groupId><artifactId>tool</artifactId>%b
</dependency></dependencies></project>"""
TEST = b"<scope>test</scope>"


@pytest.mark.parametrize(
    ("scopes", "relation", "dev"),
    [((), "unknown", False), ((TEST,), "direct", True), ((TEST, b""), "direct", False)],
)
def test_what_is_managed_stands_as_those_have_it_that_ask_for_it(tmp_path, scopes, relation, dev):
    files = [(b"%d/pom.xml" % number, ASKING % scope) for number, scope in enumerate(scopes)]
    scanner = Packages(index_of(tmp_path, record(name="g:tool", ecosystem="Maven")))
    assessment = scanner.assess([*files, (b"pom.xml", MANAGING)])
    (found,) = assessment.libraries
    assert (found.path, found.relation, found.dev) == ("pom.xml", relation, dev)
    assert assessment.issues[0].about.package[0].dev is dev


IMPORTING = b"""<project><groupId>g</groupId><artifactId>top</artifactId>
<dependencyManagement><dependencies><dependency>
<groupId>${project.groupId}</groupId><artifactId>bill</artifactId><version>1</version><scope>import</scope>
</dependency></dependencies></dependencyManagement></project>"""


def test_it_tells_whose_versions_it_takes():
    assert pom_xml.kin(IMPORTING) == ("g:top", frozenset({"g:bill"}))
    assert pom_xml.kin(ASKING % b"") == ("g:", frozenset({"g:top"}))
    with pytest.raises(Malformed):
        pom_xml.kin(b"<settings/>")


def test_only_parents_and_what_they_import_settle_a_version(tmp_path):
    def loose(*files):
        found = Packages(index_of(tmp_path, record(name="g:tool", ecosystem="Maven"))).assess(files).libraries
        return [library.path for library in found if library.name == "g:tool" and not library.version]

    asking, other = (b"a/pom.xml", ASKING % b""), MANAGING.replace(b"top", b"bill")
    assert loose(asking, (b"b/pom.xml", MANAGING)) == []
    assert loose(asking, (b"b/pom.xml", other)) == ["a/pom.xml"]
    assert loose(asking, (b"b/pom.xml", IMPORTING), (b"c/pom.xml", other)) == []

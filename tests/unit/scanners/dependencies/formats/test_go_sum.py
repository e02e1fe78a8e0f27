"""What a module file from before Go 1.17 leaves out is in the checksums."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies.examiner import Packages
from keyhole.scanners.dependencies.formats import go_sum
from keyhole.scanners.dependencies.package import Malformed
from tests.unit.scanners.dependencies.advisories import index_of, record
from tests.unit.scanners.dependencies.formats.named import told

SUMS = """\
github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=
github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=
golang.org/x/text v0.3.0/go.mod h1:NqM8EUOU14njkJ3fqMW+pc6Ldnwhi/IjpwHt7yyuwOQ=
golang.org/x/text v0.3.2 h1:tW2bmiBqwgJj/UpqtC8EpXEZVYOwU0yG4iWbprSVAcs=
golang.org/x/text v0.3.10 h1:pGTKCuSBzL9yYJrHP4BXLxTBcnLSSBcUYWn8QdGUWRs=
golang.org/x/text v0.3.10/go.mod h1:bEr9sfX3Q8Zfm5fL9x+3itogRgK3+ptLWKqgva+5dAk=
golang.org/x/tools v0.9.0/go.mod h1:n7NCudcB/nEzxVGmLbDWY5pfWTLqBcC2KZ6jyYvM4mQ=
"""
MOD = "module example.org/own\n\ngo {}\n\nrequire github.com/pkg/errors v0.9.1\n"
ADVISORY = record(
    "GO-1", name="golang.org/x/text", ecosystem="Go", events=[{"introduced": "0"}, {"fixed": "0.3.11"}]
)


def beside(module):
    return told(lambda content: go_sum.read(content, {"go.mod": module.encode()}.get), SUMS)


@pytest.mark.parametrize("since", ["1.16", "1.9", "x"])
def test_the_rest_of_an_old_module_is_transitive_at_the_version_that_is_selected(since):
    assert beside(MOD.format(since)) == {"golang.org/x/text v0.3.10": "transitive"}


def test_one_without_a_line_of_go_is_old():
    assert len(beside("module example.org/own\n")) == 2


@pytest.mark.parametrize("since", ["1.17", "1.21.3", "1.22rc1"])
def test_a_newer_module_names_everything_itself(since):
    assert beside(MOD.format(since)) == {}


def test_checksums_alone_are_all_there_is():
    assert told(go_sum.read, SUMS) == {
        "github.com/pkg/errors v0.9.1": "unknown",
        "golang.org/x/text v0.3.10": "unknown",
    }


@pytest.mark.parametrize(
    "line", ["words", "a.org/x 1.0.0 h1:00=", "a.org/x v1.0.0 h2:00=", "a.org/x v! h1:00="]
)
def test_a_line_of_another_form_is_not_passed_over(line):
    with pytest.raises(Malformed, match="line 2"):
        list(go_sum.read(f"\n{line}\n".encode()))


@pytest.mark.parametrize("module", [(), ((b"go.mod", MOD.format("1.16").encode()),)])
def test_what_no_module_names_is_compared(tmp_path, module):
    files = [*module, (b"go.sum", SUMS.encode())]
    (issue,) = Packages(index_of(tmp_path, ADVISORY)).assess(files).issues
    assert (issue.path, issue.line) == (b"go.sum", 5)


@pytest.mark.parametrize(
    ("own", "below", "number"),
    [("1.16", "1.22", 1), ("1.22", "1.16", 0), (None, "1.22", 1), (None, "1.16", 1)],
)
def test_only_the_module_of_its_own_folder_counts(tmp_path, own, below, number):
    files = [
        (b"docs/go.mod", b"module example.org/docs\n\ngo %b\n" % below.encode()),
        (b"go.sum", SUMS.encode()),
    ]
    files += [(b"go.mod", MOD.format(own).encode())] if own else []
    assert len(Packages(index_of(tmp_path, ADVISORY)).assess(files).issues) == number

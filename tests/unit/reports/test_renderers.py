"""Every format: the same bytes for the same data, valid by its own standard, and nothing in it that a name can do."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from html.parser import HTMLParser

import pytest

from keyhole.cli.reporting import FORMATS
from keyhole.core.errors import NotFound
from keyhole.core.finding import ScanResult
from keyhole.core.gates import Breach, Verdict
from keyhole.reports.dataset import Decided, Row, judged
from keyhole.reports.renderers import as_csv, as_html
from keyhole.reports.renderers.interface import renderer_of, renderers
from tests.unit.reports.kit import HOSTILE, NASTY, SECRET, VULNERABLE, dataset, incomplete
from tests.unit.reports.schemas import check_cyclonedx, check_sarif

BREACH = Breach("findings", 1, "At most none", "There are two.", "Mend them.", 2)


def rendered(form, report=None):
    return renderer_of(form).render(report or dataset())


def test_the_command_line_offers_what_there_is():
    assert set(FORMATS) == set(renderers())
    with pytest.raises(NotFound, match="no report of this kind"):
        renderer_of("exe")


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_data_makes_the_same_bytes(form):
    assert rendered(form) == rendered(form)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "report",
    [
        dataset(rows=(), libraries=()),
        dataset(rows=(), sources=(), libraries=()),
        incomplete("one file is damaged"),
    ],
    ids=["clean", "of nothing", "incomplete"],
)
def test_every_format_takes_every_sort_of_report(form, report):
    assert rendered(form, report)


def test_text_calls_clean_only_what_has_no_findings_at_all():
    assert b"Clean: " in rendered("text", dataset(rows=()))
    accepted = rendered("text", dataset(*dataset().put_aside))
    assert b"Clean" not in accepted
    assert b"1 finding fixed or decided about, not listed.\nNothing open: " in accepted


SEARCHABLE = sorted(set(FORMATS) - {"pdf"})


@pytest.mark.parametrize("form", SEARCHABLE)
@pytest.mark.parametrize("rows", [(), (Row(SECRET, "harbour/tide-api"),)], ids=["nothing found", "a finding"])
def test_an_incomplete_scan_says_so_in_every_format(form, rows):
    assert b"one file is damaged" in rendered(form, incomplete("one file is damaged", rows=rows))
    assert b"ncomplete" in rendered("spdx", dataset(rows=(), sources=()))


@pytest.mark.parametrize("form", sorted(set(SEARCHABLE) - {"csv", "openvex"}))
def test_what_a_policy_said_is_in_every_format_that_has_a_place_for_it(form):
    passed, breached = Verdict("Strict", (), 0, 0), Verdict("Strict", (BREACH,), 2, 0)
    assert b"Passed Strict" in rendered(form, judged(dataset(), passed))
    assert b"Breached Strict: At most none" in rendered(form, judged(dataset(), breached))
    assert b"Passed Strict, as far as the scan saw" in rendered(form, judged(incomplete("late"), passed))
    assert b"Production" not in rendered(form, judged(dataset(), breached))
    assert b"Strict" not in rendered(form, judged(dataset(), None))


def test_a_policy_of_several_repositories_is_said_of_each():
    report = dataset()
    other = dataclasses.replace(report.sources[0], repository="harbour/ledger", policy="Breached Strict: x")
    both = dataclasses.replace(report, sources=(*report.sources, other))
    assert both.policies == ("harbour/tide-api: Passed Production", "harbour/ledger: Breached Strict: x")


def test_the_table_says_of_each_line_whether_its_scan_saw_everything():
    (source,) = incomplete("late", "damaged").sources
    other = dataclasses.replace(dataset().sources[0], repository="harbour/ledger")
    rows = (Row(SECRET, "harbour/tide-api"), Row(SECRET, "harbour/ledger"))
    report = dataset(rows=rows, sources=(source, other))
    lines = list(csv.DictReader(io.StringIO(rendered("csv", report).decode(), newline="")))
    assert [(line["repository"], line["severity"], line["scan"]) for line in lines] == [
        ("harbour/tide-api", "critical", "incomplete"),
        ("harbour/ledger", "critical", "complete"),
        ("harbour/tide-api", "", "incomplete"),
    ]
    assert (lines[2]["title"], lines[2]["why"]) == ("Not everything was seen", "late; damaged")
    (nothing,) = csv.DictReader(io.StringIO(rendered("csv", dataset(rows=(), sources=())).decode()))
    assert (nothing["why"], nothing["scan"]) == ("No scan has ended, so nothing is known.", "incomplete")
    assert not list(csv.DictReader(io.StringIO(rendered("csv", dataset(rows=())).decode())))


FIXED = (
    Row(SECRET, "harbour/tide-api", "fixed"),
    Row(VULNERABLE, "harbour/tide-api", "fixed", (Decided("accepted", "only for now", "", "mara"),)),
)
REPORTS = [
    dataset(),
    dataset(*FIXED),
    dataset(rows=(), libraries=()),
    incomplete("out of time"),
    dataset(sources=(), rows=()),
]


@pytest.mark.parametrize("report", REPORTS)
def test_sarif_is_valid_by_its_schema(report):
    check_sarif(json.loads(rendered("sarif", report)))


def test_sarif_shows_what_was_decided_about_as_suppressed():
    (run,) = json.loads(rendered("sarif"))["runs"]
    told = [result.get("suppressions") for result in run["results"]]
    assert told[:3] == [None, None, None]
    assert told[3][0]["justification"].startswith("accepted until 2027-01-01 by mara")


@pytest.mark.parametrize("report", REPORTS)
def test_formats_for_other_tools_have_as_much_to_do_as_those_for_people(report):
    results = [each for run in json.loads(rendered("sarif", report))["runs"] for each in run["results"]]
    assert sum("suppressions" not in each for each in results) == len(report.open)
    known = json.loads(rendered("cyclonedx", report))["vulnerabilities"]
    assert sum("analysis" not in each for each in known) == len(report.open)


def test_what_is_fixed_is_resolved_whatever_was_decided_about_it():
    known = json.loads(rendered("cyclonedx", dataset(*FIXED)))["vulnerabilities"]
    told = [(each["analysis"]["state"], each["analysis"]["detail"]) for each in known]
    assert told == [("resolved", "fixed"), ("resolved", "accepted by mara: only for now")]
    (run,) = json.loads(rendered("sarif", dataset(*FIXED)))["runs"]
    justified = [[one["justification"] for one in each["suppressions"]] for each in run["results"]]
    assert justified == [["fixed"], ["fixed", "accepted by mara: only for now"]]


def test_sarif_has_a_run_for_each_repository():
    log = json.loads(rendered("sarif", dataset(Row(SECRET, "a/b"), Row(VULNERABLE, "c/d"))))
    assert [run["properties"]["repository"] for run in log["runs"]] == ["harbour/tide-api", "a/b", "c/d"]
    assert [len(run["results"]) for run in log["runs"]] == [0, 1, 1]


@pytest.mark.parametrize("report", REPORTS)
def test_cyclonedx_is_valid_by_its_schema(report):
    check_cyclonedx(json.loads(rendered("cyclonedx", report)))


def test_cyclonedx_ties_each_finding_to_the_component_that_has_it():
    document = json.loads(rendered("cyclonedx"))
    known = {component["bom-ref"] for component in document["components"]} | {"repository"}
    affected = [each["affects"][0]["ref"] for each in document["vulnerabilities"]]
    assert affected == ["repository", "pkg:pypi/jinja2@2.4.1", "repository", "pkg:pypi/jinja2@2.4.1"]
    assert set(affected) <= known
    jinja = next(each for each in document["components"] if each["name"] == "jinja2")
    assert [each["location"] for each in jinja["evidence"]["occurrences"]] == [
        "requirements.txt",
        "dev/requirements.txt",
    ]
    assert document["vulnerabilities"][3]["analysis"]["response"] == ["will_not_fix"]


def test_json_without_the_report_is_the_result():
    data = json.loads(rendered("json"))
    report = data.pop("report")
    assert ScanResult.from_json(data) == dataset().as_result()
    assert [row["open"] for row in report["findings"]] == [True, True, True, False]
    assert report["findings"][3]["decision"]["word"] == "accepted"


def test_no_cell_of_the_table_is_a_formula():
    head, *lines = csv.reader(io.StringIO(rendered("csv").decode(), newline=""))
    assert len(lines) == 4
    assert {len(line) for line in lines} == {len(head)}
    starts = ("=", "+", "-", "@", "\t", "\r", "\n")
    assert not [cell for line in lines for cell in line if cell.lstrip().startswith(starts)]
    assert lines[2][head.index("title")] == f"'{HOSTILE}"
    assert lines[3][head.index("decision_reason")].startswith("'-1+1")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "＝1", " =1", "\t=1", "\n=1"])
def test_a_formula_is_made_a_text(cell):
    assert as_csv.guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("separator", [";", "|"])
@pytest.mark.parametrize("before", ["", " ", '"', ' "'])
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝"])
def test_no_program_with_another_separator_gets_a_formula_out_of_a_cell(separator, before, start):
    path = f"docs/a{separator}{before}{start}HYPERLINK(0){separator}b.py"
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerow(["harbour/tide", as_csv.guarded(path), "9"])
    stream.seek(0)
    (cells,) = csv.reader(stream, delimiter=separator)
    assert len(cells) == 3
    assert "HYPERLINK(0)" in cells[1]
    assert not cells[1].lstrip(' "').startswith(start)


@pytest.mark.parametrize("cell", ["", "a=1", "a; b", "a;b=1", "src/-x.py", "1"])
def test_a_text_stays_as_it_is(cell):
    assert as_csv.guarded(cell) == cell


class _Tags(HTMLParser):
    """Every element with its attributes, and every address that it names."""

    def __init__(self):
        super().__init__()
        self.names, self.addresses, self.handlers = set(), [], []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.addresses += [value for name, value in attrs if name in {"href", "src", "action", "data"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on") or name == "style"]


def test_html_fetches_nothing_runs_nothing_and_shows_names_as_they_are():
    text = rendered("html").decode()
    tags = _Tags()
    tags.feed(text)
    assert not tags.names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert tags.handlers == []
    assert set(tags.addresses) == {"https://docs.github.com/", "https://a.example/x?y=(z)"}
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "src/&lt;b&gt;Ünïcode&lt;/b&gt;/日本語/файл.py:9" in text
    assert text.count("</style>") == 1
    assert "url(" not in as_html.style()
    assert "@import" not in as_html.style()


def test_the_policy_of_the_page_allows_its_own_style_alone():
    text = rendered("html").decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.replace("&#x27;", "'") == as_html.policy()
    assert "default-src 'none'" in as_html.policy()
    assert "unsafe" not in as_html.policy()


def test_a_pdf_has_no_scripts_no_files_and_no_date_of_its_making():
    document = rendered("pdf")
    assert document.startswith(b"%PDF-")
    for word in (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/OpenAction", b"/AA "):
        assert word not in document
    assert b"/CreationDate (D:2000" in document
    assert re.findall(rb"/URI \(([^)]*\)?)", document)
    assert b"javascript:" not in document


def test_a_pdf_spells_out_what_its_fonts_do_not_have():
    from keyhole.reports.renderers import pages

    pages.load_fonts()
    assert pages.shown("файл Ωμέγα Ünï", pages.PLAIN) == "файл Ωμέγα Ünï"
    assert pages.shown("日本", pages.PLAIN) == "\\u{65E5}\\u{672C}"
    assert pages.shown("שלום.exe", pages.PLAIN) == "\\u{5E9}\\u{5DC}\\u{5D5}\\u{5DD}.exe"


def test_no_line_of_a_pdf_is_wider_than_its_page():
    from reportlab.pdfbase import pdfmetrics

    from keyhole.reports.renderers import pages

    pages.load_fonts()
    style = pages.Style(pages.MONO, 8)
    for text in ("x" * 5000, "two words " * 300, "日" * 400, " " * 900 + "end", ""):
        lines = list(pages.wrapped(text, style, 200))
        assert all(pdfmetrics.stringWidth(line, style.font, style.size) <= 200.01 for line in lines)
        kept = "".join(lines).replace(" ", "")
        assert kept == pages.shown(text, style.font).replace(" ", "")


def test_thousands_of_findings_still_make_a_report():
    rows = tuple(
        Row(
            dataclasses.replace(NASTY, id=f"{number:016x}", fingerprint=f"x:{number:032x}"),
            "harbour/tide-api",
        )
        for number in range(3000)
    )
    document = rendered("pdf", dataset(rows=rows))
    assert document.count(b"/Type /Page\n") > 50
    assert rendered("html", dataset(rows=rows)).count(b"<tr>") > 3000

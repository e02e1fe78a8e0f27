"""Insecure infrastructure as code, found by checkov.

What: the Terraform, OpenTofu, Kubernetes, CloudFormation and Docker files of the newest commit are read by checkov with
the policies that it comes with. Helm charts are not rendered, so they are named as not assessed.

Why: what these files say is what will run, for everybody to reach.

Fix: see each finding. Comments and metadata that ask checkov to skip something are not followed, and its settings in
the repository are not read. Modules from elsewhere are not downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from keyhole.core.escaping import escape
from keyhole.core.plural import counted
from keyhole.core.terms import Confidence, Kind, Severity
from keyhole.scanners.programs.advice import Advice, advice
from keyhole.scanners.programs.answers import items, mapping, number, parsed, rule_name, text
from keyhole.scanners.programs.encodings import as_utf_8
from keyhole.scanners.programs.located import Program
from keyhole.scanners.programs.manifests import (
    MANIFESTS,
    broken,
    in_charts,
    is_manifest,
    is_template,
    readable,
)
from keyhole.scanners.programs.naming import plain_path
from keyhole.scanners.programs.ran import Ran
from keyhole.scanners.programs.running import is_plain
from keyhole.scanners.programs.scanner import Answer, File, Malformed, ProgramScanner, Remark

_FRAMEWORKS = {
    "cloudformation": "CloudFormation file",
    "dockerfile": "Dockerfile",
    "kubernetes": "Kubernetes manifest",
    "terraform": "Terraform file",
    "terraform_json": "Terraform JSON file",
}
_TERRAFORM = (b".tf", b".tf.json", b".tfvars", b".tofu", b".tofu.json")
_MANIFESTS = tuple(ending.encode() for ending in MANIFESTS)
_DATA = (*_MANIFESTS, b".template")
_DOCKERFILE = re.compile(
    rb"(.*/)?([^/]*\.)?dockerfile(?!\.dockerignore\Z)(\.[^/]*)?", re.DOTALL | re.IGNORECASE
)
# What checkov itself takes for the name of one.
_ITS_DOCKERFILE = re.compile(r"(.+\.)?[Dd]ockerfile(\..+)?")
_OF_TOFU = re.compile(r"\.tofu(?=(\.json)?\Z)")
_CHART = re.compile(rb"(.*/)?Chart\.yaml", re.DOTALL)
_NAMED = 3
_DEMAND = re.compile(
    r"(Apply|Avoid|Do|Enable|Ensure[ds]?|Limit|Manage|Minimi[sz]e|Prefer|Prevent|Reduce|Use|Verify)\b"
    r"|.*\b(should|must)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Titles of policies that say what is to be; others say what is wrong."""
# Its words in comments, in the metadata of CloudFormation and in the annotations of Kubernetes.
_SKIPS = re.compile(rb"(checkov|bridgecrew|cortex)(?=[\"']?\s*:|\.io/)", re.IGNORECASE)


class Checkov(ProgramScanner):
    """The scanner, before it is made ready."""

    id = "checkov"
    title = "Infrastructure as code (checkov)"
    kind = Kind.INFRASTRUCTURE
    program = Program(
        "checkov",
        "checkov",
        "It lives in an environment of its own: `python3 -m venv /opt/checkov && "
        "/opt/checkov/bin/pip install checkov`, then KEYHOLE_PROGRAMS=/opt/checkov/bin.",
    )
    what = "infrastructure file"
    memory_bytes = 1 << 30  # it keeps the graph of all files
    apart = False  # that graph is what some of its checks look at
    overlooks = (b"checkov:skip", b"bridgecrew:skip", b"cortex:skip", b"checkov.io/skip")
    environment = {  # noqa: RUF012 - Mapping in the base
        "CKV_IGNORE_HIDDEN_DIRECTORIES": "false",
        "CKV_IGNORED_DIRECTORIES": "",
        "LOG_LEVEL": "ERROR",
    }

    def wants(self, path: bytes) -> bool:
        """What may be one of its files; the content tells."""
        return path.endswith((*_TERRAFORM, *_DATA)) or _DOCKERFILE.fullmatch(path) is not None

    def cares(self, path: bytes, content: bytes) -> bool:
        """Terraform and Docker by the name; of all the YAML and JSON there is, what says that it is for it."""
        if _sort(path) != "data" or _CHART.fullmatch(path):
            return True
        content = as_utf_8(content)
        return is_template(content) or (path.endswith(_MANIFESTS) and is_manifest(content))

    def alike(self, path: bytes, other: bytes) -> bool:
        """If they are of one sort, and what its content must say is the same for both."""
        return _sort(path) == _sort(other) and path.endswith(_MANIFESTS) == other.endswith(_MANIFESTS)

    def name(self, number: int, path: bytes) -> str:
        """Where it is in the repository, since modules of Terraform name each other; nothing of it hidden.

        The last piece is one by which checkov knows what it is: neither all names of Docker files nor those of OpenTofu
        are known to it.
        """
        folder, slash, last = plain_path(number, path).rpartition("/")
        sort = _sort(path)
        if sort == "terraform":
            last = _OF_TOFU.sub(".tf", last)
        elif sort == "dockerfile" and not _ITS_DOCKERFILE.fullmatch(last):
            last = f"Dockerfile.{last}" if is_plain(f"Dockerfile.{last}") else f"Dockerfile._{number}"
        return f"{folder}{slash}{last}"

    def content(self, raw: bytes) -> bytes:
        """As it can be read, without what asks to skip a check."""
        return _SKIPS.sub(rb"\1_", readable(raw))

    def arguments(self, folder: Path) -> list[str]:
        """The policies that it comes with, no settings, nothing downloaded, nothing of the repository loaded."""
        return [
            *("--directory", ".", "--framework", *_FRAMEWORKS),
            *("--output", "json", "--quiet", "--compact", "--skip-download"),
            *("--download-external-modules", "false"),
        ]

    def read(self, ran: Ran, files: Mapping[str, File]) -> Answer:
        """Its findings, and what it could not read."""
        if ran.code not in {0, 1}:
            raise Malformed("which says that it failed")
        said = parsed(ran.output)
        charts = in_charts(files)
        answer = Answer(unread=broken(files, charts))
        if charts:
            answer.gaps.append(_charts_left_out(charts, files))
        for report in said if isinstance(said, list) else [said]:
            if "check_type" not in report:
                continue  # there was nothing to check at all
            sort = text(report, "check_type")
            if failed := number(report, "summary", "parsing_errors"):
                what = counted(failed, _FRAMEWORKS.get(sort, sort))
                answer.gaps.append(f"{what} not assessed by checkov: it could not make sense of the text")
            if skipped := number(report, "summary", "skipped"):
                answer.gaps.append(
                    f"{counted(skipped, 'check')} of checkov skipped because the files ask for it"
                )
            found = items(mapping(report, "results").get("failed_checks", []))
            answer.remarks += [_remark(one, sort) for one in found]
        return answer


def _sort(path: bytes) -> str:
    """What its name says that it is."""
    if path.endswith(_TERRAFORM):
        return "terraform"
    return "dockerfile" if _DOCKERFILE.fullmatch(path) else "data"


def _charts_left_out(charts: Collection[str], files: Mapping[str, File]) -> str:
    """Which ones, by their folders in the repository."""
    places = sorted(
        escape(files[f"{chart}Chart.yaml"].path).removesuffix("Chart.yaml") or "./" for chart in charts
    )
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    named = ", ".join(places[:_NAMED])
    return f"{counted(len(places), 'Helm chart')} not assessed: templates are not rendered ({named}{more})"


def _remark(found: Any, sort: str) -> Remark:
    name = text(found, "repo_file_path").removeprefix("/")
    lines = items(found.get("file_line_range"))
    if len(lines) != 2 or not all(type(line) is int for line in lines):
        raise Malformed("with a finding that is nowhere")
    check, title = text(found, "check_id"), text(found, "check_name")
    rule = rule_name(check)
    about = advice("checkov").get(rule, Advice())
    page = f"https://www.checkov.io/5.Policy%20Index/{sort.removesuffix('_json')}.html"
    return Remark(
        name=name,
        line=max(1, lines[0]),
        last=min(lines[1], lines[0] + 1000),
        rule=rule,
        title=title,
        severity=about.severity or Severity.MEDIUM,
        confidence=about.confidence or Confidence.MEDIUM,
        why=about.why or f"checkov's policy {check} finds fault with it.",
        fix=about.fix or (f"{title.removesuffix('.')}." if _DEMAND.match(title) else _see(check, page)),
        references=(page,),
        detail=text(found, "resource"),
    )


def _see(check: str, page: str) -> str:
    return f"See what checkov's policy {check} is about: {page} leads to it."


SCANNER = Checkov()

"""Reports for whoever may see what they are about."""

from __future__ import annotations

from dataclasses import dataclass

from keyhole.core.caller import Caller
from keyhole.reports import gather
from keyhole.reports.dataset import Dataset
from keyhole.reports.renderers.interface import renderer_of
from keyhole.scans import services as scans


@dataclass(frozen=True, slots=True)
class Document:
    """A report as a file."""

    name: str
    """For saving it."""
    media: str
    """Media type."""
    body: bytes


def of_scan(caller: Caller, number: int) -> Dataset:
    """The report of a scan, as of now. NotFound; Conflict if it came to nothing."""
    return gather.of_scan(scans.get(caller, number))


def document(data: Dataset, form: str, stem: str) -> Document:
    """The report in a format; `stem` is the file's name without its ending. NotFound for an unknown format."""
    renderer = renderer_of(form)
    return Document(f"{stem}.{renderer.suffix}", renderer.media, renderer.render(data))


def scan_document(caller: Caller, number: int, form: str) -> Document:
    """The report of a scan in a format."""
    renderer_of(form)
    return document(of_scan(caller, number), form, f"keyhole-scan-{number}")

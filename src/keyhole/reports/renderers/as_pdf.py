"""A report as PDF, for people who file and forward: A4, every word in it selectable, no scripts, no attachments.

PDFs made so are not tagged for screen readers; the HTML report is the accessible one.
"""

from __future__ import annotations

from keyhole.reports.dataset import Dataset
from keyhole.reports.renderers.interface import Renderer


def _render(data: Dataset) -> bytes:
    from keyhole.reports.renderers.paper import render  # noqa: PLC0415 - a tenth of a second, for this format only

    return render(data)


RENDERER = Renderer(
    id="pdf",
    title="PDF",
    about="pages for people, to file or forward",
    suffix="pdf",
    media="application/pdf",
    render=_render,
)

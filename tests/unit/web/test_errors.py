"""Pages of errors lead back to the page that led to them, and to no other site."""

from __future__ import annotations

import re

import pytest

from keyhole.accounts.services import local_caller
from tests.unit.web.test_findings import browser

pytestmark = pytest.mark.django_db(transaction=True)


def links(path, referer, method="get"):
    client = browser(local_caller().user_id)
    answer = getattr(client, method)(path, **({"HTTP_REFERER": referer} if referer else {}))
    assert answer.status_code >= 400
    return re.findall(r'<a class="btn[^"]*" href="([^"]*)"', answer.content.decode())


@pytest.mark.parametrize(
    ("path", "referer", "back"),
    [
        (
            "/findings/decide",
            "http://localhost/findings?show=all&severity=high",
            "/findings?show=all&amp;severity=high",
        ),
        ("/scans/compare", "http://localhost/scans/history", "/scans/history"),
        ("/nowhere", "http://localhost/scans", "/scans"),
    ],
)
def test_an_error_leads_back_to_what_led_to_it(path, referer, back):
    assert links(path, referer) == [back, "/"]


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "http://localhost/",
        "http://localhost/findings/decide",
        "http://elsewhere.example/findings",
        "http://localhost//elsewhere.example",
        "http://[",
        "javascript:alert(1)",
        "/findings",
    ],
)
def test_it_leads_to_no_other_site_nor_to_itself(referer):
    assert links("/findings/decide", referer) == ["/"]


def test_what_was_sent_to_an_address_that_takes_forms_only_leads_back():
    assert links("/findings/views", "http://localhost/findings") == ["/findings", "/"]

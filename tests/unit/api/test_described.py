"""The API's document tells of errors; that they are the ones that come, `conftest` holds for every test of the API."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from keyhole.api.app import api
from tests.unit.api.conftest import undescribed

BASE = "/api/keyhole/v1"


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(api.get_openapi_schema()))


def statuses(document, method, path):
    return {int(each) for each in document["paths"][BASE + path][method]["responses"]}


def test_each_operation_names_the_errors_that_it_can_give(document):
    everywhere = {400, 401, 403, 422, 500, 503}
    assert statuses(document, "get", "/user") == {200} | everywhere
    assert statuses(document, "get", "/schedules/{number}") == {200, 404} | everywhere
    assert statuses(document, "post", "/schedules/{number}/run") == {202, 404, 409} | everywhere
    assert statuses(document, "get", "/scans/{number}/result") == {200, 404, 409} | everywhere
    assert statuses(document, "get", "/findings") == {200, 404} | everywhere


def test_whatever_the_document_refers_to_is_in_it(document):
    def referred(found):
        if isinstance(found, dict):
            yield from [found["$ref"]] if isinstance(found.get("$ref"), str) else []
            found = list(found.values())
        if isinstance(found, list):
            for each in found:
                yield from referred(each)

    references = set(referred(document))
    assert "#/components/schemas/Problem" in references
    for reference in references:
        place = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def test_an_error_says_which_header_comes_with_it(document):
    told = document["components"]["responses"]
    assert list(told["Unauthorized"]["headers"]) == ["WWW-Authenticate"]
    assert list(told["ServiceUnavailable"]["headers"]) == ["Retry-After"]


@pytest.mark.django_db
def test_an_answer_that_is_not_told_of_would_be_seen():
    answer = Client(HTTP_HOST="localhost").get(f"{BASE}/user")
    assert undescribed("GET", f"{BASE}/user", answer) == ""
    answer.status_code = 418
    assert "418" in undescribed("GET", f"{BASE}/user", answer)

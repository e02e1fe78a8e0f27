"""Every answer that a test of the API gets is one that the API's document tells of, errors in their one shape."""

from __future__ import annotations

import functools
import re

import pytest
from django.test import Client


@functools.cache
def operations():
    from keyhole.api.app import api

    return [
        (re.compile(re.sub(r"\\{\w+\\}", "[0-9]+", re.escape(path))), methods)
        for path, methods in api.get_openapi_schema()["paths"].items()
    ]


def undescribed(method, path, answer):
    """What the document does not say of this answer; empty if it says all."""
    from keyhole.api.schemas import Problem

    told = next((methods for form, methods in operations() if form.fullmatch(path)), {}).get(method.lower())
    if told is None:
        return ""
    if answer.status_code not in told["responses"]:
        return f"{method} {path} answers {answer.status_code}"
    if answer.status_code >= 400 and set(answer.json()) - set(Problem.model_fields):
        return f"{method} {path} answers {answer.json()}"
    if answer.status_code >= 400:
        Problem.model_validate(answer.json())
    return ""


@pytest.fixture(autouse=True)
def as_described(monkeypatch):
    whole = Client.request

    def request(client, **environ):
        answer = whole(client, **environ)
        assert not undescribed(environ["REQUEST_METHOD"], environ["PATH_INFO"], answer)
        return answer

    monkeypatch.setattr(Client, "request", request)

"""The error tree: each kind has one HTTP status and one exit code, whoever translates it."""

from __future__ import annotations

import pytest

from keyhole.core import errors

EDGES = {
    errors.KeyholeError: (500, 1),
    errors.InvalidInput: (422, 2),
    errors.MalformedRequest: (400, 2),
    errors.NotFound: (404, 2),
    errors.BadCredentials: (401, 5),
    errors.PermissionDenied: (403, 5),
    errors.Conflict: (409, 2),
    errors.Misconfigured: (503, 4),
    errors.Unavailable: (503, 4),
}


def test_the_whole_tree_is_listed():
    assert {
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.KeyholeError)
    } == set(EDGES)


@pytest.mark.parametrize("kind", EDGES, ids=lambda kind: kind.__name__)
def test_each_kind_is_translated_one_way(kind):
    error = kind("Not now.", hint="Try later.")
    assert (error.status, error.exit_code) == EDGES[kind]
    assert (error.message, error.hint, str(error)) == ("Not now.", "Try later.", "Not now.")
    assert issubclass(kind, errors.KeyholeError)


def test_invalid_input_names_its_field():
    assert errors.InvalidInput("Too long.", field="name").field == "name"
    assert errors.InvalidInput("Too long.").field == ""

"""A secret never shows itself unless asked to by name."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import pytest

from keyhole.core.secret import Secret
from tests import canaries

SHOWN = {
    "str": str,
    "repr": repr,
    "ascii": ascii,
    "format": "{}".format,
    "format-with-width": "{:>40}".format,
    "percent-s": lambda each: "%s".__mod__((each,)),
    "percent-r": lambda each: "%r".__mod__((each,)),
    "f-string": lambda each: f"{each!s}{each!r}{each}",
    "in-a-list": lambda each: str([each]),
    "in-a-dict": lambda each: repr({"token": each}),
}


@pytest.fixture
def text():
    return canaries.plant("a Secret in its own test")


@pytest.mark.parametrize("way", SHOWN)
def test_p9_no_way_of_printing_shows_it(way, text):
    assert text not in SHOWN[way](Secret(text))
    assert "***" in SHOWN[way](Secret(text))


def test_only_reveal_shows_it(text):
    assert Secret(text).reveal() == text


def test_p9_log_records_and_tracebacks_do_not_show_it(text, caplog):
    secret = Secret(text)
    try:
        raise RuntimeError(secret)
    except RuntimeError as error:
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("test").debug("presented %s", secret, exc_info=error)
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    assert text not in caplog.text
    assert text not in told


@pytest.mark.parametrize("way", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps])
def test_p9_it_is_never_serialised(way, text):
    with pytest.raises(TypeError):
        way(Secret(text))


def test_p23_it_is_compared_as_a_whole_and_never_hashed(text):
    assert Secret(text) == Secret(text)
    assert Secret(text) != Secret(text + "x")
    assert Secret(text) != text
    assert Secret("\udcff") != Secret("\udcfe")
    with pytest.raises(TypeError):
        hash(Secret(text))


def test_p9_its_attributes_are_not_listed(text):
    assert not hasattr(Secret(text), "__dict__")
    with pytest.raises(TypeError):
        vars(Secret(text))

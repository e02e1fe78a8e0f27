"""What was not looked into is told with the file that it is, however the scan came to know of it."""

from __future__ import annotations

import json
import time

import pytest

from keyhole.scanners.introduction import introduced_in
from keyhole.scanners.limits import Limits
from keyhole.scanners.named import MOST_SOUGHT, Named, sought
from keyhole.scanners.objects import Trouble
from keyhole.scanners.shown import Shown
from tests.unit.scanners.growing import looked, one_rule

DAMAGED = b"PK\3\4 and no more"
RAR = b"Rar!\x1a\x07\0 %d"
RARS = "an archive of a kind that is not opened (RAR)"


def closed(result):
    return [note for note in result.notes if note.startswith("Not looked into")]


@pytest.mark.parametrize("head", [False, True])
def test_a_closed_file_is_named(history, scan, head):
    history.commit({"fixtures/a b.zip": DAMAGED, "fine": b"1"})
    result = scan(history, head=head)
    assert closed(result) == ["Not looked into: a damaged ZIP file: fixtures/a b.zip."]
    assert result.clean


def test_what_only_history_has_is_named_and_a_few_stand_for_many(history, scan):
    history.commit({"old.rar": RAR % 0})
    history.commit({f"d/{number}.rar": RAR % number for number in range(1, 6)}, delete=["old.rar"])
    history.commit({"z.zip": DAMAGED, "d/1.rar": RAR % 9})
    assert closed(scan(history)) == [
        f"Not looked into: {RARS} (7 times): d/1.rar, d/2.rar, d/3.rar and 3 more.",
        "Not looked into: a damaged ZIP file: z.zip.",
    ]


def test_a_limit_names_what_it_kept_out(history, scan):
    history.commit({"large": b"x" * 3000, "deep.gz": RAR % 1})
    result = scan(history, limits=Limits(object_bytes=2000, archive_depth=0))
    assert result.reasons == ("an object larger than 0 MiB was not read: large",)
    assert scan(history, head=True, limits=Limits(object_bytes=2000)).reasons == result.reasons


@pytest.mark.parametrize("tips", [False, True])
def test_what_is_remembered_is_named_too(history, tips):
    engine = one_rule()
    first = history.commit({"a.zip": DAMAGED})
    _, _, memory = looked(history, engine, tips=(first,) if tips else ())
    second = history.commit({"b": b"1"}, delete=["a.zip"])
    told, now, memory = looked(history, engine, memory, (second,) if tips else ())
    assert (now, told[-1]) == (2, ("a damaged ZIP file: a.zip",))
    third = history.commit({"a2.zip": DAMAGED + b"2"})
    told, _, _ = looked(history, engine, memory, (third,) if tips else ())
    assert told[-1] == ("a damaged ZIP file (2 times): a.zip, a2.zip",)


def test_what_no_commit_leads_to_is_told_by_its_id(history, scan):
    history.commit({"a": b"1"})
    blob = history.git("hash-object", "-w", "--stdin", stdin=DAMAGED)
    history.git("tag", "lonely", blob)
    assert closed(scan(history)) == [f"Not looked into: a damaged ZIP file: object {blob}."]


def test_the_name_cannot_steer_a_terminal_and_tells_no_secret(history, token, scan, tmp_path):
    history.commit({b"\x1b[2J/\xff.zip": DAMAGED, b"k-" + token + b"/b.zip": DAMAGED + b"2"})
    for head in (False, True):
        result = scan(history, head=head, kept=tmp_path / "kept")
        assert "\\u001b[2J/\\xff.zip, k-***/b.zip" in closed(result)[0]
        assert token.decode() not in json.dumps(result.to_json())
    assert not any(token in file.read_bytes() for file in (tmp_path / "kept").iterdir())


def test_a_history_too_wide_to_compare_is_no_less_whole_for_a_name(history, scan):
    history.commit({"a.zip": DAMAGED})
    blob = history.git("rev-parse", "main:a.zip")
    result = scan(history, limits=Limits(history_lines=0))
    assert (result.reasons, closed(result)) == ((), [f"Not looked into: a damaged ZIP file: object {blob}."])


def test_a_hundred_thousand_of_them_take_no_time():
    trouble = Trouble()
    objects = [b"%040x" % number for number in range(100_000)]
    trouble.note("closed", len(objects), objects)
    start = time.monotonic()
    wanted = sought(trouble)
    places = {each: [introduced_in(b"c" * 40, b"0", b"f%s" % each)] for each in wanted}
    told = trouble.sentences(Named(places, Shown()))
    assert time.monotonic() - start < 2
    assert wanted == frozenset(objects[:MOST_SOUGHT])
    first = ", ".join(f"f{each.decode()}" for each in objects[:3])
    assert told == (f"closed (100000 times): {first} and 99,997 more",)


def test_of_a_long_name_the_end_is_told():
    named = Named({b"a": [introduced_in(b"c" * 40, b"0", b"d/" * 300 + b"a.zip")]}, Shown())
    assert named({b"a"}).startswith("...")
    assert named({b"a"}).endswith("/a.zip")
    assert len(named({b"a"})) < 250


def test_nothing_is_looked_for_where_nothing_is_closed():
    trouble = Trouble()
    trouble.note("damaged")
    assert sought(trouble, Trouble()) == frozenset()
    assert trouble.sentences(Named({}, Shown())) == ("damaged",)


def lose(history, object_id):
    (history.path / "objects" / object_id[:2] / object_id[2:]).unlink()


@pytest.mark.parametrize("packed", [True, False])
def test_a_file_that_is_missing_is_named_by_its_path(history, scan, packed):
    history.git("config", "fastimport.unpackLimit", "1000")
    history.commit({"kept": b"1"})
    if packed:
        history.git("repack", "-adq")
    history.commit({"data/lost": b"2", "also": b"3"})
    for name in ("main:data/lost", "main:also"):
        lose(history, history.git("rev-parse", name))
    (reason,) = (each for each in scan(history).reasons if "missing" in each)
    assert reason == "an object is missing or damaged (2 times): also, data/lost"


def test_a_commit_or_a_folder_that_is_missing_is_named_by_its_id(history, scan):
    history.git("config", "fastimport.unpackLimit", "1000")
    first = history.commit({"a": b"1"})
    history.commit({"a": b"2"})
    lose(history, first)
    assert any(each.endswith(f": object {first}") for each in scan(history).reasons)


def test_a_file_that_is_damaged_is_named_by_its_path(history, scan):
    history.git("config", "fastimport.unpackLimit", "1000")
    history.commit({"data/torn": bytes(range(200))})
    object_id = history.git("rev-parse", "main:data/torn")
    place = history.path / "objects" / object_id[:2] / object_id[2:]
    place.chmod(0o600)
    place.write_bytes(place.read_bytes()[:20])
    reasons = scan(history).reasons
    assert any("missing or damaged" in each and "data/torn" in each for each in reasons), reasons


def test_so_is_one_that_only_scanners_of_files_look_at(history, scan):
    history.git("config", "fastimport.unpackLimit", "1000")
    history.commit({"lost/requirements.txt": b"a==1\n", "requirements.txt": b"b==1\n"})
    lose(history, history.git("rev-parse", "main:lost/requirements.txt"))
    reasons = scan(history, scanners=("dependencies",)).reasons
    assert "an object is missing or damaged: lost/requirements.txt" in reasons

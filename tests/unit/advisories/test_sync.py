"""Fetching costs what changed, goes on where it broke off, and takes nothing in by halves."""

from __future__ import annotations

import contextlib
import json
import sqlite3

import pytest

from keyhole.advisories import following, remote, store
from keyhole.core.errors import InvalidInput, Unavailable
from keyhole.scanners.dependencies import draft
from keyhole.scanners.dependencies.draft import Draft
from keyhole.scanners.dependencies.index import Index
from keyhole.scanners.dependencies.osv import parse
from tests.unit.advisories.source import Server, serving
from tests.unit.scanners.dependencies.advisories import record

pytestmark = pytest.mark.loopback


@pytest.fixture
def server(settings, tmp_path):
    settings.KEYHOLE_DATA = tmp_path / "data"
    settings.KEYHOLE_DATA.mkdir()
    with serving() as (source, address):
        settings.KEYHOLE_ALLOW_PRIVATE_ADDRESSES = True
        settings.KEYHOLE_ADVISORIES_URL = address
        settings.KEYHOLE_EPSS_URL = settings.KEYHOLE_KEV_URL = ""
        yield source


def sync(*ecosystems):
    return store.sync(ecosystems or ["PyPI"], lambda _name, _number: None)


def held():
    index = Index(store.database())
    try:
        numbers = {number for _, number, _ in index.affected("PyPI", ["tool"])}
        return {body.id: body.summary for body in index.bodies(numbers).values()}
    finally:
        index.close()


def days():
    """The day of January under which each is known."""
    with Draft(store.database()) as draft:
        return {identity: int(at[8:10]) for identity, at in draft.known("PyPI").items()}


def dated(identity, day, **more):
    return record(identity, modified=f"2026-01-{day:02}T00:00:00Z", **more)


def lag(server, *records, where=".json"):
    """Has the source give these where the address ends so, while its list stays."""
    older = Server()
    older.publish("PyPI", *records)
    server.files |= {path: body for path, body in older.files.items() if path.endswith(where)}


@pytest.mark.parametrize("ranges", [True, False])
def test_the_first_time_everything_is_fetched_and_then_only_what_changed(server, ranges):
    server.ranges = ranges
    server.publish("PyPI", dated("A", 1), dated("B", 2))
    assert sync() == 2
    assert server.took() == ["/PyPI/modified_id.csv", "/PyPI/all.zip"]
    assert sync() == 2
    assert server.took() == ["/PyPI/modified_id.csv"]
    server.publish("PyPI", dated("A", 1), dated("B", 3, summary="It breaks more"), dated("C", 2))
    assert sync() == 3
    assert sorted(server.took()) == ["/PyPI/B.json", "/PyPI/C.json", "/PyPI/modified_id.csv"]
    assert held() == {"A": "It breaks", "B": "It breaks more", "C": "It breaks"}


def test_an_ecosystem_may_be_named_in_any_case(server):
    server.publish("PyPI", dated("A", 1))
    assert sync("pypi", "PYPI") == 1
    assert held() == {"A": "It breaks"}


def test_many_changes_are_fetched_with_the_archive(server, monkeypatch):
    monkeypatch.setattr(following, "MANY", 2)
    server.publish("PyPI", dated("A1", 1))
    sync()
    server.took()
    server.publish("PyPI", *(dated(f"A{number}", number) for number in range(1, 6)))
    assert sync() == 5
    assert server.took() == ["/PyPI/modified_id.csv", "/PyPI/all.zip"]
    assert not list(store.database().with_name("advisories.parts").iterdir())


def of_an_earlier_version(*records):
    """What was taken under another time than its own, as if nothing had noted by which reading."""
    with Draft(store.database()) as changed:
        for at, advisory in records:
            changed.put("PyPI", parse(json.dumps(advisory).encode()), f"2026-01-{at:02}T00:00:00Z")
        changed.commit()
    with contextlib.closing(sqlite3.connect(store.database())) as database:
        database.execute("DROP TABLE reading")
        database.commit()


def test_what_an_earlier_version_took_is_taken_anew_once(server):
    server.publish("PyPI", dated("A", 1), dated("B", 3, summary="It breaks more"))
    sync()
    of_an_earlier_version((3, dated("B", 2)), (2, dated("C", 2)))
    assert held() == {"A": "It breaks", "B": "It breaks", "C": "It breaks"}
    server.took()
    server.breaks_after = 1
    with pytest.raises(Unavailable):
        sync()
    assert held()["B"] == "It breaks"
    server.breaks_after = None
    server.took()
    assert sync() == 2
    assert server.took() == ["/PyPI/modified_id.csv", "/PyPI/all.zip"]
    assert held() == {"A": "It breaks", "B": "It breaks more"}
    assert sync() == 2
    assert server.took() == ["/PyPI/modified_id.csv"]


def test_what_is_raised_is_taken_anew(server, monkeypatch):
    server.publish("PyPI", dated("A", 1))
    sync()
    server.took()
    monkeypatch.setattr(draft, "READING", draft.READING + 1)
    for archives in (1, 0):
        sync()
        assert server.took().count("/PyPI/all.zip") == archives


def test_a_mirror_of_archives_alone_is_enough(server):
    server.publish("GitHub Actions", record("B", ecosystem="GitHub Actions"), listed=False)
    server.publish("PyPI", record("A"), record("B"), listed=False)
    assert sync("PyPI", "GitHub Actions") == 2
    server.publish("PyPI", record("A"), listed=False)
    assert sync() == 2
    assert {each.ecosystem: each.advisories for each in store.holding().ecosystems} == {
        "GitHub Actions": 1,
        "PyPI": 1,
    }


def test_a_mirror_without_single_advisories_loses_none(server):
    server.publish("PyPI", dated("A", 1))
    sync()
    server.publish("PyPI", dated("A", 1), dated("B", 2))
    del server.files["/PyPI/B.json"]
    server.files["/PyPI/modified_id.csv"] = (
        b"2026-02-01T00:00:00Z,GONE\n" + server.files["/PyPI/modified_id.csv"]
    )
    assert sync() == 2
    assert held().keys() == {"A", "B"}


def test_what_was_deleted_goes_when_the_whole_list_is_read_again(server, monkeypatch):
    server.publish("PyPI", dated("A", 1), dated("B", 2))
    sync()
    server.publish("PyPI", dated("B", 2), dated("C", 3))
    sync()
    assert held().keys() == {"A", "B", "C"}
    monkeypatch.setattr(following, "WHOLE_EVERY", following.timedelta(0))
    sync()
    assert held().keys() == {"B", "C"}


def test_withdrawn_advisories_go_and_are_not_fetched_again(server):
    server.publish("PyPI", dated("A", 1), dated("B", 2))
    sync()
    server.publish("PyPI", dated("A", 3, withdrawn="2026-01-03T00:00:00Z"), dated("B", 2))
    sync()
    assert held().keys() == {"B"}
    server.took()
    sync()
    assert server.took() == ["/PyPI/modified_id.csv"]


def test_when_nothing_can_be_fetched_nothing_is_said_to_be_taken(server):
    server.files["/PyPI/modified_id.csv"] = server.files["/npm/modified_id.csv"] = b"no dates"
    with pytest.raises(Unavailable, match=r"And 1 more could not be fetched\. Nothing was taken\."):
        sync("PyPI", "npm")


def test_one_that_cannot_be_fetched_leaves_the_others_and_what_it_had(server):
    server.publish("PyPI", dated("A", 1))
    server.publish("npm", record("N", ecosystem="npm"))
    sync("PyPI", "npm")
    before = {each.ecosystem: each for each in store.holding().ecosystems}
    server.publish("PyPI", dated("A", 1), dated("B", 2))
    server.files["/npm/modified_id.csv"] = b"2026-02-01T00:00:00Z,N\n"
    server.files["/npm/N.json"] = b"[]"
    with pytest.raises(Unavailable, match=r"N\.json holds no advisory.*What else there is was taken"):
        sync("npm", "PyPI")
    after = {each.ecosystem: each for each in store.holding().ecosystems}
    assert held().keys() == {"A", "B"}
    assert after["npm"] == before["npm"]
    with pytest.raises(InvalidInput, match="no ecosystem"):
        sync("COBOL")


def test_what_came_before_it_broke_off_is_not_fetched_again(server, monkeypatch):
    monkeypatch.setattr(following, "_AT_ONCE", 1)
    server.publish("PyPI", dated("A1", 1))
    sync()
    server.took()
    server.publish("PyPI", *(dated(f"A{number}", number) for number in range(1, 8)))
    server.breaks_after = 4
    with pytest.raises(Unavailable):
        sync()
    server.breaks_after = None
    first = set(server.took()[1:4])
    assert sync() == 7
    assert len(first) == 3
    assert not first & set(server.took())


def test_a_download_goes_on_where_it_broke_off(server, monkeypatch, tmp_path, settings):
    monkeypatch.setattr(remote, "_CHUNK", 1000)
    content = bytes(range(256)) * 20
    server.files["/big"] = content
    server.breaks_after = 3
    address, file = f"{settings.KEYHOLE_ADVISORIES_URL}/big", tmp_path / "big"
    with pytest.raises(Unavailable):
        remote.download(address, file)
    got = file.stat().st_size
    assert 0 < got < len(content)
    server.breaks_after = None
    server.took()
    remote.download(address, file)
    assert file.read_bytes() == content
    assert len(server.took()) <= (len(content) - got) // 1000 + 2
    server.files["/big"] = content[:3000] + b"new" + content[3000:]
    remote.download(address, file)
    assert file.read_bytes() == server.files["/big"]


def test_a_list_is_not_read_further_than_to_what_is_known(server, monkeypatch):
    monkeypatch.setattr(remote, "_LIST_CHUNK", 64)
    monkeypatch.setattr(following, "MANY", 10)
    server.publish("PyPI", *(dated(f"A{number:02}", number) for number in range(1, 29)))
    sync()
    server.publish("PyPI", *(dated(f"A{number:02}", number) for number in range(1, 30)))
    server.took()
    sync()
    assert server.took().count("/PyPI/modified_id.csv") <= 2
    assert len(held()) == 29


def test_where_the_archive_lags_behind_the_list_single_advisories_are_fetched(server):
    server.publish("PyPI", dated("A", 20, summary="It breaks more"), dated("B", 2))
    lag(server, dated("A", 1), dated("B", 2), where="all.zip")
    assert sync() == 2
    assert server.took() == ["/PyPI/modified_id.csv", "/PyPI/all.zip", "/PyPI/A.json"]
    assert held() == {"A": "It breaks more", "B": "It breaks"}
    assert days() == {"A": 20, "B": 2}
    sync()
    assert server.took() == ["/PyPI/modified_id.csv"]


def test_an_older_state_than_is_listed_is_taken_under_its_own_time_until_there_is_the_newer(server):
    server.publish("PyPI", dated("A", 20, summary="It breaks more"), dated("B", 25))
    fresh = server.files["/PyPI/A.json"]
    lag(server, dated("A", 1), dated("B", 25), where=("all.zip", "A.json"))
    assert sync() == 2
    server.took()
    assert sync() == 2
    assert server.took() == ["/PyPI/modified_id.csv", "/PyPI/A.json"]
    assert held() == {"A": "It breaks", "B": "It breaks"}
    assert days() == {"A": 1, "B": 25}
    server.files["/PyPI/A.json"] = fresh
    sync()
    assert held() == {"A": "It breaks more", "B": "It breaks"}
    assert days() == {"A": 20, "B": 25}
    server.took()
    sync()
    assert server.took() == ["/PyPI/modified_id.csv"]


def test_a_single_advisory_that_lags_is_asked_for_again(server):
    server.publish("PyPI", dated("A", 1))
    sync()
    server.publish("PyPI", dated("A", 20, summary="It breaks more"))
    fresh = server.files["/PyPI/A.json"]
    lag(server, dated("A", 1))
    sync()
    assert days() == {"A": 1}
    server.files["/PyPI/A.json"] = fresh
    sync()
    assert held() == {"A": "It breaks more"}
    assert days() == {"A": 20}


def test_of_many_that_lag_some_are_fetched_each_time_and_the_archive_once(server, monkeypatch, caplog):
    monkeypatch.setattr(following, "MANY", 2)
    names = [f"A{number}" for number in range(6)]
    server.publish("PyPI", *(dated(name, 20) for name in names))
    lag(server, *(dated(name, 1) for name in names), where="all.zip")
    assert sync() == 6
    assert "4 advisories of PyPI are older at their source" in caplog.text
    assert sorted(days().values()) == [1, 1, 1, 1, 20, 20]
    server.publish("PyPI", *(dated(name, 20) for name in names), dated("B", 25))
    lag(server, *(dated(name, 1) for name in names), where="all.zip")
    sync()
    sync()
    assert sorted(days().values()) == [1, 20, 20, 20, 20, 20, 25]
    sync()
    assert days() == dict.fromkeys(names, 20) | {"B": 25}
    asked = server.took()
    assert asked.count("/PyPI/all.zip") == 1
    assert len({each for each in asked if each.endswith(".json")}) == len(asked) - 5


def test_many_that_go_on_lagging_cost_a_few_requests_and_no_archive(server, monkeypatch):
    monkeypatch.setattr(following, "MANY", 2)
    older = [dated(f"A{number}", 1) for number in range(6)]
    server.publish("PyPI", *(dated(each["id"], 20) for each in older), dated("B", 25))
    lag(server, *older, dated("B", 25), where=("all.zip", ".json"))
    for _ in range(3):
        assert sync() == 7
    asked = server.took()
    assert asked.count("/PyPI/all.zip") == 1
    assert len(asked) == 3 * 3 + 1
    monkeypatch.setattr(following, "WHOLE_EVERY", following.timedelta(0))
    lag(server, *(dated(each["id"], 20) for each in older), dated("B", 25), where="all.zip")
    sync()
    assert days() == {each["id"]: 20 for each in older} | {"B": 25}


def test_what_lags_in_a_mirror_without_single_advisories_is_kept(server):
    server.publish("PyPI", dated("A", 5))
    sync()
    server.publish("PyPI", dated("A", 20, summary="It breaks more"))
    fresh = server.files["/PyPI/all.zip"]
    del server.files["/PyPI/A.json"]
    lag(server, dated("A", 1, summary="It hardly breaks"), where="all.zip")
    sync()
    assert held() == {"A": "It breaks"}
    assert days() == {"A": 5}
    server.files["/PyPI/all.zip"] = fresh
    sync()
    assert held() == {"A": "It breaks more"}
    assert days() == {"A": 20}


def test_feeds_are_fetched_with_the_advisories(server, settings):
    server.publish("PyPI", dated("A", 1))
    settings.KEYHOLE_EPSS_URL = f"{settings.KEYHOLE_ADVISORIES_URL}/epss.csv"
    settings.KEYHOLE_KEV_URL = f"{settings.KEYHOLE_ADVISORIES_URL}/kev.json"
    server.files["/epss.csv"] = b"cve,epss\nCVE-2026-1111,0.5\n"
    server.files["/kev.json"] = b'{"vulnerabilities": [{"cveID": "CVE-2026-1111"}]}'
    sync()
    sync()
    assert [(each.name, each.entries) for each in store.holding().feeds] == [("EPSS", 1), ("KEV", 1)]
    del server.files["/kev.json"]
    with pytest.raises(Unavailable, match=r"kev\.json"):
        sync()
    assert len(store.holding().feeds) == 2


def test_a_source_that_gives_what_is_known_again_and_again_is_given_up(
    server, monkeypatch, tmp_path, settings
):
    server.files["/all.zip"] = b"x" * 1000
    address, file = f"{settings.KEYHOLE_ADVISORIES_URL}/all.zip", tmp_path / "all.zip"
    monkeypatch.setattr(remote, "_CHUNK", 100)
    whole = server.answer

    def meagre(path, headers):
        status, given, body = whole(path, headers)
        at = int(given["Content-Range"].split()[1].split("-")[0])
        told = f"bytes {at}-{at}/1000"
        return (status, given | {"Content-Range": told}, body[:1]) if at else (status, given, body)

    server.answer = meagre
    with pytest.raises(Unavailable, match="nothing of what is left"):
        remote.download(address, file)

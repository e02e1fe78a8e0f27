"""What repositories use: taken over from scans, replaced by later ones, searched, and shown to whoever may."""

from __future__ import annotations

import dataclasses

import pytest

from keyhole.accounts.services import local_caller
from keyhole.core.actions import Role
from keyhole.core.errors import InvalidInput, NotFound
from keyhole.core.library import Library as Seen
from keyhole.core.library import Relation
from keyhole.inventory import services
from keyhole.inventory.models import Library, Stock
from keyhole.inventory.services import LibraryFilter
from keyhole.inventory.taking import take_stock
from keyhole.repositories.models import Repository
from keyhole.scans.models import Inventory, Scan, State
from tests.unit.accounts.kit import browser, person
from tests.unit.findings.making import repository, scanned, vulnerable
from tests.unit.scanners.conftest import History

pytestmark = pytest.mark.django_db(transaction=True)
FLASK = Seen(
    "pkg:pypi/flask@3.0", "PyPI", "Flask", "3.0", "uv.lock", 7, Relation.DIRECT, licences=("BSD-3-Clause",)
)
QS = Seen(
    "pkg:npm/qs@6.5.2",
    "npm",
    "qs",
    "6.5.2",
    "package-lock.json",
    9,
    Relation.TRANSITIVE,
    True,
    ("express", "qs"),
)


def seen(place, *libraries, ref="", reasons=(), scanners=("dependencies",)):
    scan = Scan.objects.create(
        name="s",
        repository=place,
        ref=ref,
        scanners=list(scanners),
        state=State.RUNNING,
        created_at=place.connected_at,
        evidence={"reasons": list(reasons)},
    )
    if libraries:
        Inventory.of(scan, libraries).save()
    take_stock(scan)
    return scan


def names(**wanted):
    return [row.name for row in services.list_libraries(local_caller(), LibraryFilter(**wanted))[1]]


def test_a_scan_is_taken_over_and_the_next_one_replaces_it():
    place = repository()
    seen(place, FLASK, QS)
    assert names() == ["Flask", "qs"]
    seen(place, FLASK)
    assert names() == ["Flask"]
    seen(place)
    assert names() == []


def test_taken_twice_it_is_the_same_and_an_older_scan_changes_nothing():
    place = repository()
    old, new = seen(place, QS), seen(place, FLASK)
    take_stock(new)
    take_stock(old)
    assert names() == ["Flask"]
    assert Library.objects.count() == 1


def test_branches_stand_side_by_side():
    place = repository()
    seen(place, FLASK)
    seen(place, dataclasses.replace(FLASK, version="2.0"), ref="refs/heads/old")
    ((row,),) = [services.list_libraries(local_caller(), LibraryFilter())[1]]
    assert (row.versions, row.repositories) == (2, 1)


def test_what_a_deleted_branch_had_goes_with_the_next_scan(tmp_path):
    history = History(tmp_path / "a.git")
    history.commit({"a": b"1"})
    history.git("branch", "topic")
    place = repository(location=str(history.path))
    seen(place, FLASK, ref="refs/heads/main")
    seen(place, QS, ref="refs/heads/topic")
    assert names() == ["Flask", "qs"]
    history.git("branch", "-D", "topic")
    seen(place, FLASK, scanners=("secrets",))
    assert names() == ["Flask", "qs"]
    seen(place, FLASK)
    assert names() == ["Flask"]
    assert sorted(Stock.objects.values_list("ref", flat=True)) == ["", "refs/heads/main"]
    place.location = str(tmp_path / "elsewhere")
    seen(place, FLASK)  # where nothing can be told, nothing is taken away
    assert Stock.objects.count() == 2


def test_a_scan_that_did_not_look_for_libraries_is_no_measure():
    place = repository()
    seen(place, FLASK)
    seen(place, scanners=("secrets",))
    assert names() == ["Flask"]


def test_an_incomplete_scan_says_that_libraries_may_be_missing():
    seen(repository(), FLASK, reasons=("uv.lock was not assessed",))
    assert not Stock.objects.get().complete
    assert not services.stocks(local_caller()).get().complete


def test_libraries_are_found_by_what_they_are():
    seen(repository(), FLASK, QS)
    assert names(text="LAS") == ["Flask"]
    assert names(ecosystem="npm") == ["qs"]
    assert names(relation="direct") == ["Flask"]
    assert names(use="dev") == ["qs"]
    assert names(use="run") == ["Flask"]
    assert names(licence="bsd") == ["Flask"]
    assert names(licence="none") == ["qs"]
    assert names(repository_id=999) == []
    assert services.ecosystems(local_caller()) == [("PyPI", 1), ("npm", 1)]


def test_choices_may_be_written_in_any_case_and_none_other_is_left_out_without_a_word():
    seen(repository(), FLASK, QS, dataclasses.replace(QS, ecosystem="CocoaPods", name="Pod"))
    assert names(ecosystem="NPM") == ["qs"]
    assert names(ecosystem="cocoapods") == ["Pod"]
    assert names(ecosystem="github actions") == []
    assert names(relation="Direct", use="RUN") == ["Flask"]
    assert names(licence="None") == ["Pod", "qs"]
    for field in ("ecosystem", "relation", "use"):
        with pytest.raises(InvalidInput) as refused:
            names(**{field: "javascript"})
        assert refused.value.field == field
        assert {"ecosystem": "npm", "relation": "direct", "use": "dev"}[field] in refused.value.hint
    page = browser(person("olga", Role.OWNER))
    assert b'<option value="npm" selected>' in page.get("/libraries?ecosystem=NPM").content
    assert page.get("/libraries/one?ecosystem=NPM&name=qs").status_code == 200
    assert page.get("/libraries?ecosystem=javascript").status_code == 422


def test_a_licence_that_the_lock_file_says_is_not_wanting_in_the_manifest():
    manifest = dataclasses.replace(FLASK, path="pyproject.toml", licences=())
    seen(
        repository(),
        FLASK,
        manifest,
        dataclasses.replace(manifest, name="bottle", purl="pkg:pypi/bottle@3.0"),
    )
    assert names(licence="none") == ["bottle"]
    assert names(licence="bsd") == ["Flask"]


def test_a_library_is_counted_once_in_however_many_files_and_versions():
    place, gone = repository(), repository()
    manifest = dataclasses.replace(FLASK, path="pyproject.toml")
    older = dataclasses.replace(FLASK, version="2.0", purl="pkg:pypi/flask@2.0")
    seen(place, FLASK, manifest, older, QS, dataclasses.replace(QS, ecosystem="PyPI"))
    seen(repository())
    assert [each.count for each in services.stocks(local_caller())] == [3, 0]

    seen(gone, dataclasses.replace(QS, ecosystem="Hex"))
    Repository.objects.filter(pk=gone.pk).update(removed_at=place.connected_at)
    assert services.ecosystems(local_caller()) == [("PyPI", 2), ("npm", 1)]


def test_what_is_known_against_a_library_stands_beside_it():
    place = repository()
    seen(place, FLASK, QS)
    scanned(place, [vulnerable("flask", ["CVE-2026-1"])])
    assert names(affected=True) == ["Flask"]
    ((flask, _),) = [services.list_libraries(local_caller(), LibraryFilter())[1]]
    assert (flask.problems, flask.upgrade) == ((("high", 1),), "2.0")
    assert [each.title for each in services.problems(local_caller(), "PyPI", "flask")]


def test_of_one_repository_only_its_own_findings_count():
    clean, other = repository(), repository()
    seen(clean, FLASK)
    seen(other, dataclasses.replace(FLASK, version="1.0", purl="pkg:pypi/flask@1.0"))
    scanned(other, [vulnerable("flask", ["CVE-2026-1"])])
    assert names(repository_id=clean.pk, affected=True) == []
    assert names(repository_id=other.pk, affected=True) == names(affected=True) == ["Flask"]
    wanted = LibraryFilter(repository_id=clean.pk)
    ((flask,),) = [services.list_libraries(local_caller(), wanted)[1]]
    assert (flask.problems, flask.upgrade) == ((), "")
    page = browser(person("olga", Role.OWNER)).get(f"/libraries?repository={clean.pk}&affected=1")
    assert b"No such libraries" in page.content


def test_a_library_is_found_by_every_spelling_of_its_name():
    zope = dataclasses.replace(FLASK, name="Zope.Interface_x", purl="pkg:pypi/zope-interface-x@3.0")
    swift = dataclasses.replace(QS, ecosystem="SwiftURL", name="https://github.com/apple/swift-nio.git")
    seen(repository(), zope, dataclasses.replace(QS, name="lodash-get"), swift)
    for text in ("Zope.Interface_x", "zope-interface", "Interface_X", "ZOPE_interface", " zope "):
        assert names(text=text) == ["Zope.Interface_x"], text
    assert names(text="lodash.get") == []
    assert names(text="apple/swift-nio.git") == [swift.name]
    assert names(text="github.com/apple/swift-nio") == [swift.name]
    assert len(names(text="  ")) == 3


def test_what_is_needed_for_running_anywhere_is_not_only_for_developing():
    here, there = repository(), repository()
    seen(here, QS, dataclasses.replace(QS, name="ava"))
    seen(there, dataclasses.replace(QS, dev=False))
    assert names(use="dev") == ["ava"]
    assert names(use="run") == ["qs"]
    assert names(use="dev", repository_id=here.pk) == ["ava", "qs"]
    assert names(use="dev", repository_id=there.pk) == []


def test_what_was_found_in_a_disconnected_repository_stands_beside_no_library():
    here, gone = repository(), repository()
    seen(here, FLASK)
    scanned(gone, [vulnerable("flask", ["CVE-1"])])
    assert names(affected=True) == ["Flask"]
    Repository.objects.filter(pk=gone.pk).update(removed_at=gone.connected_at)
    ((row,),) = [services.list_libraries(local_caller(), LibraryFilter())[1]]
    assert (row.problems, names(affected=True)) == ((), [])
    assert not services.problems(local_caller(), "PyPI", "flask").exists()


def test_the_upgrade_ends_all_that_is_known_and_versions_are_no_texts():
    place = repository()
    seen(place, FLASK)
    facts = vulnerable("flask", ["CVE-2026-1"]).package[0]
    scanned(
        place,
        [
            dataclasses.replace(
                vulnerable("flask", [name]), package=(dataclasses.replace(facts, ids=(name,), fixed=fixed),)
            )
            for name, fixed in (("CVE-1", "2.2.9"), ("CVE-2", "2.2.27"), ("CVE-3", ""))
        ],
    )
    ((flask,),) = [services.list_libraries(local_caller(), LibraryFilter())[1]]
    assert (flask.problems, flask.upgrade) == ((("high", 3),), "2.2.27")


def test_what_was_compared_with_no_advisories_is_never_shown_as_clean(monkeypatch):
    page = browser(person("olga", Role.OWNER))
    one = "/libraries/one?ecosystem=npm&name=qs"
    seen(repository(), QS)
    assert b"Not assessed" in page.get("/libraries").content
    assert b"There are no advisories for npm here" in page.get(one).content
    monkeypatch.setattr(services, "covered", lambda: frozenset({"npm"}))
    assert b"None open" in page.get("/libraries").content
    assert b"Nothing in the advisories" in page.get(one).content
    seen(repository(), dataclasses.replace(QS, version=""))
    assert b"Not assessed" in page.get("/libraries").content
    assert b"Where no exact version is settled" in page.get(one).content
    assert b"None open" not in page.get("/libraries").content


def test_who_uses_it_and_through_what():
    place = repository()
    seen(place, QS)
    (use,) = services.uses(local_caller(), "npm", "qs")
    assert (use.stock.repository_id, use.via, use.dev) == (place.pk, ["express", "qs"], True)
    with pytest.raises(NotFound):
        services.uses(local_caller(), "npm", "left-pad")


def test_a_page_has_a_hundred():
    seen(repository(), *(dataclasses.replace(QS, name=f"lib-{number:03}") for number in range(150)))
    total, rows = services.list_libraries(local_caller(), LibraryFilter(), 2)
    assert (total, len(rows), rows[0].name) == (150, 50, "lib-100")


def test_the_pages_for_each_role_and_for_nobody():
    place = repository()
    seen(place, FLASK, QS)
    for role in Role:
        page = browser(person(role.value, role))
        shown = page.get("/libraries")
        assert shown.status_code == 200
        assert b"Flask" in shown.content
        assert page.get("/libraries/one?ecosystem=PyPI&name=flask").status_code == 200
    assert browser().get("/libraries").status_code == 302
    page = browser(person("olga", Role.OWNER))
    assert "Through express › qs" in page.get("/libraries/one?ecosystem=npm&name=qs").content.decode()
    assert b"No such libraries" in page.get("/libraries?q=nothing").content
    assert page.get("/libraries/one?ecosystem=npm&name=none").status_code == 404
    assert page.get("/libraries?page=99999999999&repository=x").status_code == 200
    assert b"<script>alert" not in page.get("/libraries?q=<script>alert(1)</script>").content


def test_a_phone_tells_the_findings_of_two_repositories_apart():
    for fixed, name in (("2.0", "tide"), ("", "moor")):
        place = repository(name)
        (facts,) = vulnerable("flask", ["CVE-1"]).package
        found = dataclasses.replace(
            vulnerable("flask", ["CVE-1"]), package=(dataclasses.replace(facts, fixed=fixed),)
        )
        seen(place, dataclasses.replace(FLASK, name="flask", purl="pkg:pypi/flask@1.0"))
        scanned(place, [found])
    shown = (
        browser(person("olga", Role.OWNER)).get("/libraries/one?ecosystem=PyPI&name=flask").content.decode()
    )
    assert '<span class="show-s">, harbour/tide, fixed in 2.0</span>' in shown
    assert '<span class="show-s">, harbour/moor, no fix known</span>' in shown


def test_without_any_scan_the_page_says_what_to_do():
    assert b"No libraries known yet" in browser(person("olga", Role.OWNER)).get("/libraries").content

"""Repositories as products: a document means one only if it names exactly that one."""

from __future__ import annotations

import pytest

from keyhole.accounts.services import local_caller
from keyhole.reports.products import meant, product_of
from keyhole.repositories.models import FormerName
from tests.unit.findings.making import repository

pytestmark = pytest.mark.django_db(transaction=True)


def connected(web, name="Tide"):
    found = repository(name)
    found.provider, found.marker = "github", f"{web}#{found.pk}"
    found.save()
    return found


def test_a_repository_is_called_by_where_it_lies():
    assert product_of(repository("tide")) == "pkg:generic/harbour/tide"
    assert product_of(connected("https://github.com", "Wave")) == "pkg:github/harbour/wave"
    there = product_of(connected("https://ghe.example", "Gull"))
    assert there == "pkg:github/harbour/gull?repository_url=https:%2F%2Fghe.example"


@pytest.mark.parametrize("web", ["https://github.com", "https://ghe.example", None])
def test_what_it_is_called_leads_back_to_it(web):
    found = connected(web) if web else repository("tide")
    assert meant(local_caller(), product_of(found)) == (found, "")
    name, _, rest = product_of(found).partition("?")
    told = f"{name}@v1.0" + (f"?{rest}" if rest else "")
    assert meant(local_caller(), told) == (found, "v1.0")


@pytest.mark.parametrize(
    ("web", "product"),
    [
        ("https://github.com", "https://github.com/harbour/tide"),
        ("https://github.com", "https://github.com/Harbour/Tide.git"),
        ("https://github.com", "pkg:github/Harbour/Tide"),
        ("https://ghe.example", "https://ghe.example/harbour/tide/"),
        ("https://ghe.example", "pkg:github/harbour/tide?repository_url=ghe.example"),
    ],
)
def test_other_ways_to_write_it(web, product):
    found = connected(web)
    assert meant(local_caller(), product) == (found, "")


@pytest.mark.parametrize(
    "product",
    [
        "pkg:generic/harbour/tide",
        "pkg:github/harbour/tide-api",
        "pkg:github/harbour/tide#docs",
        "pkg:github/harbour/tide?arch=arm64",
        "pkg:github/harbour/tide?repository_url=https://ghe.example",
        "pkg:github/tide",
        "pkg:oci/tide",
        "https://ghe.example/harbour/tide",
        "https://github.com/harbour/tide/releases",
        "harbour/tide",
        "",
    ],
)
def test_what_is_another_product(product):
    connected("https://github.com")
    assert meant(local_caller(), product) is None


@pytest.mark.parametrize("web", ["https://github.com", None])
def test_the_name_that_it_had_means_it_until_another_one_has_that(web):
    found = connected(web) if web else repository("Tide")
    product = product_of(found)
    FormerName.objects.create(owner=found.owner, name_folded="tide", repository=found)
    found.name, found.name_folded = "Ebb", "ebb"
    found.save()
    assert meant(local_caller(), f"{product}@v1.0") == (found, "v1.0")
    other = connected(web) if web else repository("Tide")
    assert meant(local_caller(), product) == (other, "")


def test_one_that_is_not_connected_any_more_is_none():
    found = repository("tide")
    found.removed_at = found.connected_at
    found.save()
    assert meant(local_caller(), "pkg:generic/harbour/tide") is None

"""What the form "New code scan" offers: every scanner, and how to install what is not there."""

from __future__ import annotations

import pytest

from keyhole.scanners.programs import configured as module
from keyhole.scanners.programs import located
from keyhole.scanners.programs.configured import Configured
from keyhole.web.forms.scanners import offered


@pytest.fixture(autouse=True)
def nothing_further(monkeypatch):
    monkeypatch.setattr(module, "_now", [Configured()])
    monkeypatch.setattr(located, "GIT_PATH", "")


def test_all_are_offered_and_what_is_missing_comes_last_with_how_to_get_it():
    rows = {name: (about, missing) for name, _, about, missing in offered()}
    assert {"secrets", "dependencies", "zizmor", "ruff", "bandit", "checkov", "semgrep"} <= set(rows)
    assert list(rows)[-2:] == ["checkov", "semgrep"]
    assert all(about for about, _ in rows.values())
    assert "pip install checkov" in rows["checkov"][1]
    assert rows["zizmor"][1] == ""


@pytest.mark.django_db(transaction=True)
def test_one_that_is_missing_cannot_be_chosen(client, monkeypatch):
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from keyhole.accounts.services import local_caller, owner_for
    from keyhole.core.request import OwnerKind
    from keyhole.repositories.models import Repository

    Repository.objects.create(
        owner=owner_for("harbour", OwnerKind.ORGANIZATION),
        name="tide",
        name_folded="tide",
        location="/srv/x.git",
        marker="x",
        connected_at=timezone.now(),
    )
    client.force_login(get_user_model().objects.get(pk=local_caller().user_id))
    page = client.get("/scans/new", HTTP_HOST="localhost").content.decode()
    assert 'value="checkov" disabled' in page
    assert 'value="zizmor" disabled' not in page
    assert "pip install checkov" in page
    monkeypatch.setattr("keyhole.scans.services._check_place", lambda repository: None)
    # It was there when the form was made: what was typed is kept, and how to get it again is said.
    typed = {"name": "Weekly look", "repository": Repository.objects.get().pk, "scanners": ["checkov"]}
    for address, more in {
        "/scans/new": {},
        "/schedules/new": {
            "repositories": typed["repository"],
            "when": "times",
            "preset": "nightly",
            "zone": "UTC",
        },
    }.items():
        answer = client.post(address, typed | more, HTTP_HOST="localhost")
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="Weekly look"' in page
        assert 'id="scanners-error">The scanner checkov needs a program' in page

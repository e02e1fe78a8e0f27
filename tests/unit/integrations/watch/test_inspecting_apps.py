"""A GitHub App is not inspected: GitHub lists what its installation was given, and changes of that are noticed."""

import pytest

from keyhole.accounts.services import local_caller
from keyhole.connections.models import Connection
from keyhole.core.permissions import Level
from keyhole.integrations.watch import inspections
from keyhole.providers.github.problems import GitHubProblem
from tests.unit.connections.test_app_tokens import row, world  # noqa: F401  # fixtures

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.loopback]


def test_what_an_installation_was_given_is_kept_and_a_change_noticed(world, row):  # noqa: F811
    assert not inspections.inspect_now(local_caller(), row.pk).change.any
    world.there.permissions = {**world.there.permissions, "contents": Level.READ, "issues": Level.WRITE}
    found = inspections.inspect_now(local_caller(), row.pk)
    assert (found.change.widened, found.change.narrowed) == (
        {"issues": Level.WRITE},
        {"contents": Level.WRITE},
    )
    assert Connection.objects.get().report["permissions"]["issues"] == "write"


def test_an_app_that_was_uninstalled_is_refused(world, row):  # noqa: F811
    world.world.installations.clear()
    with pytest.raises(GitHubProblem, match="not installed"):
        inspections.inspect_now(local_caller(), row.pk)
    assert Connection.objects.get().state == "sick"

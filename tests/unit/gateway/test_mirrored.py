"""Repositories that lie on GitHub: authorized, then refused; and the errors of HTTP know nothing of the database."""

import subprocess
import sys

import pytest

from keyhole.gateway.errors import NotImplementedYet
from keyhole.gateway.mirrored import refuse_mirror
from keyhole.repositories.models import Repository


def test_the_sandbox_runs_where_no_keyhole_is_set_up():
    """The kit for other projects' tests uses the errors of HTTP, and there is no Django there."""
    program = "from keyhole.testing.github.registry import handlers; assert handlers()"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PATH": "/usr/bin:/bin"})


def test_the_refusal_says_where_it_lies_and_what_to_do():
    owner = Repository._meta.get_field("owner").related_model(login="harbour")
    row = Repository(owner=owner, name="tide-api", provider="github", marker="https://github.com#7")
    with pytest.raises(NotImplementedYet) as refused:
        refuse_mirror(row, "ex_1")
    assert "harbour/tide-api lies on https://github.com" in refused.value.message
    assert "GitHub's own" in refused.value.hint
    assert (refused.value.status, refused.value.explain) == (501, "ex_1")


def test_one_in_a_folder_is_served():
    refuse_mirror(Repository(provider="local"))

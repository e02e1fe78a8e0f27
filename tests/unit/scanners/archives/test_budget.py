"""What an archive may cost."""

from __future__ import annotations

import pytest

from keyhole.scanners.archives.budget import Budget, Over
from keyhole.scanners.limits import Limits


def test_what_grows_a_little_or_is_small_is_no_bomb():
    budget = Budget(Limits(archive_ratio=2), size=10 << 20)
    budget.take(19 << 20)
    with pytest.raises(Over, match="grows more than 2 times"):
        budget.take(2 << 20)
    Budget(Limits(archive_ratio=2), size=1).take(16 << 20)


def test_one_byte_too_many_shows():
    budget = Budget(Limits(archive_bytes=100), size=100)
    budget.take(60)
    assert budget.allowance == 41
    budget.take(40)
    with pytest.raises(Over, match="more than 0 MiB"):
        budget.take(budget.allowance)


def test_members_and_depth_are_counted():
    budget = Budget(Limits(archive_members=2, archive_depth=1), size=1)
    budget.enter(0)
    budget.member()
    budget.member()
    with pytest.raises(Over, match="more than 2 files"):
        budget.member()
    with pytest.raises(Over, match="more than 1 others"):
        budget.enter(1)


def test_the_same_stored_bytes_are_not_read_again_and_again():
    budget = Budget(Limits(archive_bytes=100), size=50)
    budget.read(50)
    budget.read(100)
    with pytest.raises(Over, match="the same bytes again and again"):
        budget.read(1)

import pytest
from django.core.cache import cache

from keyhole.web import throttle


@pytest.fixture(autouse=True)
def _empty():
    cache.clear()
    yield
    cache.clear()


def fail(times, address="203.0.113.7", name="mara"):
    for _ in range(times):
        throttle.failed(address, name)


def test_a_few_wrong_tries_are_forgiven():
    fail(throttle.PER_NAME - 1)
    assert not throttle.too_many("203.0.113.7", "mara")
    fail(1)
    assert throttle.too_many("203.0.113.7", "mara")


def test_nobody_can_lock_somebody_else_out():
    fail(1000)
    assert not throttle.too_many("198.51.100.1", "mara")


def test_trying_many_names_from_one_place_is_noticed():
    for number in range(throttle.PER_CLIENT):
        fail(1, name=f"name {number}")
    assert throttle.too_many("203.0.113.7", "a name not tried yet")


def test_the_right_password_forgets_wrong_tries_with_this_name_only():
    fail(throttle.PER_NAME)
    throttle.succeeded("203.0.113.7", "mara")
    assert not throttle.too_many("203.0.113.7", "mara")
    fail(throttle.PER_CLIENT - throttle.PER_NAME)
    assert throttle.too_many("203.0.113.7", "somebody else")


def test_spellings_of_a_name_count_together_and_so_does_an_ipv6_network():
    fail(3, "2001:db8::1", "Mara")
    fail(3, "2001:db8::ffff", "mARA")
    assert throttle.too_many("2001:db8::2", "mara")
    assert not throttle.too_many("2001:db8:0:1::1", "mara")


def test_an_address_that_is_none_is_one_client():
    fail(throttle.PER_NAME, "")
    assert throttle.too_many("not an address", "mara")


def test_codes_of_one_account_are_counted_wherever_they_come_from():
    for _ in range(throttle.PER_ACCOUNT):
        assert not throttle.too_many_codes(7)
        throttle.code_failed(7)
    assert throttle.too_many_codes(7)
    assert not throttle.too_many_codes(8)
    throttle.code_accepted(7)
    assert not throttle.too_many_codes(7)

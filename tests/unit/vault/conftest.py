"""Every test of the vault begins without keys."""

import pytest

from keyhole.vault import keyring
from tests import canaries


@pytest.fixture(autouse=True)
def _no_keys():
    keyring.path().unlink(missing_ok=True)
    yield
    keyring.path().unlink(missing_ok=True)


@pytest.fixture
def canary():
    """A function that plants a secret."""
    return lambda name="vault secret": canaries.plant(name)

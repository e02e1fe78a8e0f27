"""Opening this machine's Keyhole for a command: settings, database up to date, and who is acting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyhole.core.caller import Caller


def open_keyhole() -> Caller:
    """Make the services usable and return the caller that commands act as: this machine's operator.

    Whoever may read the data folder may do everything anyway, so the command line asks for no password.
    Django is imported here and not above: `keyhole --help` does without it.
    """
    use_settings()
    import django
    from django.core.exceptions import ImproperlyConfigured

    from keyhole.core.errors import Unavailable

    try:
        django.setup()
        from keyhole.accounts.services import local_caller
        from keyhole.accounts.storage import bring_up_to_date

        bring_up_to_date(thorough=False)
    except ImproperlyConfigured as problem:
        raise Unavailable(str(problem), hint="Nothing was done.") from problem
    return local_caller()


def use_settings() -> None:
    """Say which settings count, without opening anything."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keyhole.settings")

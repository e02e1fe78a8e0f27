"""Tells the scanners what this Keyhole's settings say about their programs and rules."""

from __future__ import annotations

from django.conf import settings

from keyhole.scanners.programs.configured import Configured, configure
from keyhole.scanners.secrets import own


def use_settings_for_programs() -> None:
    """Done when the server starts; a command that does without one does it itself."""
    configure(Configured(settings.KEYHOLE_PROGRAMS, settings.KEYHOLE_SEMGREP_RULES))
    own.look_in(settings.KEYHOLE_RULES)

"""How notes of a result begin that tell what was not done again."""

from __future__ import annotations

REMEMBERED = "Remembered: "

"""What is set about programs: the same in the process that starts a scan and in those that belong to the scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class Configured(NamedTuple):
    """The settings that have to do with programs."""

    places: tuple[Path, ...] = ()
    """Folders to look in for programs besides those that are always looked in."""
    semgrep_rules: Path | None = None
    """File or folder with semgrep's rules; None if there is none."""

    def to_json(self) -> dict[str, Any]:
        """Plain data, for another process."""
        return {
            "places": [str(place) for place in self.places],
            "semgrep_rules": str(self.semgrep_rules) if self.semgrep_rules else "",
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Configured:
        """What `to_json` wrote."""
        if not any(data.values()):
            return cls()
        from pathlib import Path  # noqa: PLC0415  # nearly always there is none, see `worker`

        rules = data["semgrep_rules"]
        return cls(tuple(map(Path, data["places"])), Path(rules) if rules else None)


_now = [Configured()]


def configure(wanted: Configured) -> None:
    """What holds from now on in this process."""
    _now[0] = wanted


def configured() -> Configured:
    """What holds."""
    return _now[0]

"""What the API takes and gives. Unknown fields in what it takes are refused: one may have been meant as a limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field, model_validator

from keyhole.core.errors import InvalidInput
from keyhole.core.grant import Access
from keyhole.core.nul import refuse_nul

T = TypeVar("T")
MOST = 100
"""Items of one page."""


def in_utc(moment: datetime | None) -> datetime | None:
    """The moment that was given; without a zone it is UTC."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _in_reach(moment: datetime) -> datetime:
    try:
        return moment if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time is between the years 1 and 9999 in UTC") from None


Moment = Annotated[datetime, AfterValidator(_in_reach)]
"""A time that there is in UTC, too: near the first and the last year, one with an offset may fall outside of them."""
Id = Annotated[int, Field(ge=1, lt=2**63)]
"""The number of something kept. The database could not even be asked for a larger one."""


def _texts(body: object) -> Iterator[tuple[str, str]]:
    """Every text of a body, the names of its fields too, with the field that it is in."""
    waiting = [("", body)]  # not by recursion: a body may be nested deeper than functions can be
    while waiting:
        field, each = waiting.pop()
        if isinstance(each, str):
            yield field, each
        elif isinstance(each, Mapping):
            yield from ((field, str(name)) for name in each)
            waiting += [(f"{field}.{str(name)[:60]}".lstrip("."), value) for name, value in each.items()]
        elif isinstance(each, list):
            waiting += [(f"{field}.{place}".lstrip("."), value) for place, value in enumerate(each)]


def _is_unicode(text: str) -> bool:
    """Whether it can be kept: JSON can write half of a character that takes two, and nothing else can."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


class Taken(Schema):
    """A body. MalformedRequest, which is 400, for a text with a NUL character; InvalidInput for half a character."""

    model_config = ConfigDict(extra="forbid", strict=False)

    @model_validator(mode="before")
    @classmethod
    def _only_texts_that_can_be_kept(cls, body: Any) -> Any:
        for field, text in _texts(body):
            refuse_nul([text])
            if not _is_unicode(text):
                raise InvalidInput(
                    "A text has half of a character in it, which no text of Keyhole's can have.",
                    field=field,
                    hint="Take the lone \\ud800 to \\udfff out of it.",
                )
        return body


class Page(Schema, Generic[T]):
    """Part of a list."""

    total: int
    items: list[T]


class WrongField(Schema):
    """A field of a body, or a parameter, that is not acceptable."""

    field: str
    message: str


class Problem(Schema):
    """An error. Not every one has the last three."""

    message: str
    documentation_url: str
    status: str
    explain: str
    """An id for `keyhole explain`; empty if nothing is on record."""
    hint: str = ""
    """What to do."""
    field: str = ""
    """The one that is to blame."""
    errors: list[WrongField] = Field(default_factory=list)


class Account(Schema):
    """Who the API token belongs to, and what can be done with it now."""

    login: str
    role: str
    actions: list[str]
    expires_at: datetime


class Token(Schema):
    """A fine-grained token; its text is only in the answer that made it."""

    id: int
    name: str
    description: str
    state: str
    login: str
    resource_owner: str | None
    repository_access: str | None
    repositories: list[str]
    permissions: dict[str, str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    requests: int
    denials: int


class NewToken(Token):
    """A fine-grained token that was just generated."""

    token: str
    """The text. It is shown only this once."""


class TokenWanted(Taken):
    """The fields of the form "Generate new token"."""

    name: str
    description: str = ""
    resource_owner: str
    repository_access: Access = Access.SELECTED
    repositories: list[str] = Field(default_factory=list, max_length=1000)
    """Full names, OWNER/REPOSITORY, when the access is `selected`."""
    permissions: dict[str, str] = Field(default_factory=dict)
    """Name to level: read, write or admin."""
    expires_in_days: int | None = 30


class Reason(Taken):
    """Why something is done, for the audit log."""

    reason: str = ""


class Repository(Schema):
    """A connected repository."""

    id: int
    full_name: str
    public: bool
    provider: str
    connected_at: datetime


class Scan(Schema):
    """A code scan. Only the state `complete` without findings is clean."""

    id: int
    name: str
    repository: str
    ref: str
    state: str
    reason: str
    counters: dict[str, Any]
    scanners: list[str]
    trigger: str
    environment: str | None
    verdict: dict[str, Any] | None
    """What judging it by its environment's policy came to; null while nothing has."""
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class Environment(Schema):
    """Where code goes."""

    id: int
    name: str
    description: str
    rank: int
    """The lowest is listed first."""
    due_days: dict[str, int]
    """By severity; a severity that is not in it has no date."""
    tell_github: list[str]
    policy: dict[str, Any] | None
    """What its scans pass by, as a policy file has it, and its version; null for nothing."""


class EnvironmentWanted(Taken):
    """An environment as a whole: what is left out has its default. Channels stay: no API token may see them."""

    name: str
    description: str = ""
    rank: int = 100
    policy: str | None = None
    """Name or id of a kept scan policy; null for nothing."""
    due_days: dict[str, int] = Field(default_factory=dict)
    """By severity; a severity that is not in it has no date."""
    tell_github: list[str] = Field(default_factory=list)
    """Some of status, comment, sarif."""


class PolicyWanted(Taken):
    """A scan policy, as a policy file has it."""

    name: str
    description: str = ""
    gates: list[dict[str, Any]]


class TrialWanted(Taken):
    """A policy, kept or not, to judge scans of the past by."""

    policy: PolicyWanted | None = None
    """One that need not be kept."""
    kept: str = ""
    """Name or id of one that is, instead."""
    last: int = 3
    """Scans of each repository."""
    environment: str = ""
    """Take every scan as one of this environment; empty compares each with its own."""


class KeptPolicy(Schema):
    """A scan policy, as its last version says unless another one is asked for."""

    id: int
    name: str
    version: int
    latest: int
    """The version that counts now."""
    at: datetime
    policy: dict[str, Any]
    """As a policy file has it."""
    environments: list[str]
    """Which select it."""


class TriedScan(Schema):
    """One scan of the past, judged by the policy that is tried."""

    scan: int
    repository: str
    finished_at: datetime | None
    passes_now: bool | None
    """By what judges it now; null if nothing does."""
    change: str
    """`breaks`, `mends` or empty."""
    verdict: dict[str, Any]


class Trial(Schema):
    """What trying came to. Nothing was changed."""

    passed: int
    breaks: int
    mends: int
    left_out: int
    """Scans that were not looked at, since there were too many."""
    scans: list[TriedScan]


class ScanWanted(Taken):
    """The fields of the form "New code scan"."""

    repository: str
    """Full name, OWNER/REPOSITORY."""
    name: str = ""
    description: str = ""
    ref: str = ""
    """Branch or tag; empty reads the history of all of them."""
    scanners: list[str] = Field(default_factory=lambda: ["secrets"], max_length=20)
    environment: str = ""
    """Name of the environment that the findings are measured by; empty for none."""
    tell_github: list[Literal["status", "comment", "sarif"]] = Field(default_factory=list, max_length=3)
    """What GitHub is told of the result, beside what the environment asks for."""
    run_now: bool = True


class Schedule(Schema):
    """A code scan that runs by itself."""

    id: int
    name: str
    description: str
    repositories: list[str]
    ref: str
    scanners: list[str]
    environment: str | None
    when: str
    at: datetime | None
    cron: str
    zone: str
    poll_minutes: int
    paused: bool
    next_times: list[datetime]


class NewSchedule(Schedule):
    """A schedule that was just made."""

    warnings: list[str]
    """What speaks against its scanning what is meant: a branch that is not there."""


class ScheduleWanted(Taken):
    """The fields of the form "New schedule"."""

    name: str
    description: str = ""
    repositories: list[str] = Field(min_length=1, max_length=500)
    """Full names, OWNER/REPOSITORY."""
    ref: str = ""
    scanners: list[str] = Field(default_factory=lambda: ["secrets"], max_length=20)
    environment: str = ""
    """Name; empty for none."""
    when: Literal["once", "times", "push"]
    at: Moment | None = None
    """For `once`, with its offset from UTC."""
    cron: str = ""
    """For `times`: minute, hour, day of month, month, day of week."""
    zone: str = "UTC"
    """Time zone of `cron`, as Europe/Berlin."""
    poll_minutes: int = 5
    """For `push`: how often to look besides being told; 0 is never."""


class Integration(Schema):
    """An external system, with the tokens that it holds."""

    id: int
    name: str
    owner: str
    """The person to ask about it."""
    purpose: str
    health: str
    token_ids: list[int]
    reach: str
    repositories: list[str]
    permissions: dict[str, str]
    last_used_at: datetime | None
    expires_at: datetime | None
    requests: int
    denials: int


class Entry(Schema):
    """A record of the audit log."""

    seq: int
    id: str
    at: datetime
    action: str
    outcome: str
    actor: dict[str, Any]
    subject: dict[str, Any]
    hash: str

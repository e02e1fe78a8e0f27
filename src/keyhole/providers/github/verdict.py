"""From an answer's status, headers and words to the kind of problem that it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from keyhole.providers.github.instance import Instance
from keyhole.providers.github.limits import reset_at, retry_at
from keyhole.providers.github.problems import GitHubProblem, ProblemKind, shown
from keyhole.providers.outgoing import Headers

_MISSING = re.compile(r"resource not accessible by (?:personal access token|integration)", re.IGNORECASE)
_SECONDARY = re.compile(r"secondary rate limit|abuse detection|too many requests", re.IGNORECASE)
_LOGINS = re.compile(r"max(?:imum)? number of login attempts? exceeded", re.IGNORECASE)
_SSO = re.compile(r"SAML|single sign-on", re.IGNORECASE)
_POLICY = re.compile(
    r"forbids access via|lifetime|IP allow list|OAuth App access restrictions|organization has (?:enabled|restricted)"
    r"|personal access tokens? (?:\(classic\) )?(?:are|is) (?:not allowed|forbidden|restricted)",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\bmust (?:have|be)\b|\bmust first be\b|not (?:a|an) (?:member|owner|admin)", re.IGNORECASE
)
_ACCEPTED = re.compile(r"[a-z0-9_=,; ]{1,1000}")


@dataclass(frozen=True, slots=True)
class Answered:
    """What a verdict is made from."""

    status: int
    headers: Headers
    said: str
    """The member `message` of the body, made safe; empty when there is none."""


def verdict(
    answer: Answered, instance: Instance, now: datetime, expires_at: datetime | None
) -> GitHubProblem:
    """The problem that an answer with a status other than 2xx or 304 is. `expires_at`: of the credential, if known."""
    status = answer.status
    if status == 401:
        return _unauthorized(answer, instance, now, expires_at)
    if status in (403, 429):
        return _limited(answer, instance, now) or _forbidden(answer, instance)
    if status in (301, 302, 303, 307, 308):
        return _moved(answer, instance)
    if status == 404:
        return _sso(answer, instance) or _problem(ProblemKind.NOT_FOUND_OR_NOT_SELECTED, answer, instance)
    if status >= 500:
        return _problem(ProblemKind.DOWN, answer, instance)
    return _other(answer, instance)


def _problem(kind: ProblemKind, answer: Answered, instance: Instance, **more: str) -> GitHubProblem:
    return GitHubProblem(kind, name=instance.name, answered=answer.status, said=answer.said, **more)  # type: ignore[arg-type]


def _unauthorized(
    answer: Answered, instance: Instance, now: datetime, expires_at: datetime | None
) -> GitHubProblem:
    if expires_at is not None and expires_at <= now:
        when = f"{expires_at:%Y-%m-%d %H:%M} UTC"
        return _problem(
            ProblemKind.EXPIRED,
            answer,
            instance,
            message=f"The credential for {instance.name} expired on {when}.",
        )
    if "json web token" in answer.said.lower() or "claim" in answer.said.lower():
        return _problem(
            ProblemKind.BAD_CREDENTIALS,
            answer,
            instance,
            message=f"{instance.name} does not accept the App's signature: {answer.said}.".replace("..", "."),
            hint="Check the App's id and private key, and this machine's clock.",
        )
    return _problem(ProblemKind.BAD_CREDENTIALS, answer, instance)


def _limited(answer: Answered, instance: Instance, now: datetime) -> GitHubProblem | None:
    """A limit of requests, if that is what it is: a 403 for lack of a permission may come as the last one allowed."""
    if any(words.search(answer.said) for words in (_MISSING, _SSO, _POLICY, _ROLE)):
        return None
    until, kind = None, ProblemKind.SECONDARY_RATE_LIMITED
    if _SECONDARY.search(answer.said) or _LOGINS.search(answer.said) or "retry-after" in answer.headers:
        until = retry_at(answer.headers, now)
    elif answer.headers.get("x-ratelimit-remaining") == "0" or "rate limit" in answer.said.lower():
        until, kind = reset_at(answer.headers, now), ProblemKind.RATE_LIMITED
    elif answer.status == 429:
        until = retry_at(answer.headers, now)
    if until is None:
        return None
    found = GitHubProblem(kind, name=instance.name, answered=answer.status, said=answer.said, until=until)
    if _LOGINS.search(answer.said):
        found.message = f"{instance.name} saw too many wrong credentials and refuses all of them for a while."
        found.hint = "Something still uses an old token: find it, stop it, then wait."
    return found


def _forbidden(answer: Answered, instance: Instance) -> GitHubProblem:
    if _MISSING.search(answer.said):
        return _missing(answer, instance)
    found = _sso(answer, instance)
    if found is not None:
        return found
    if _POLICY.search(answer.said):
        return _problem(ProblemKind.POLICY, answer, instance, message=_saying("A policy forbids it", answer))
    if _ROLE.search(answer.said):
        return _problem(ProblemKind.ROLE_MISSING, answer, instance)
    return _other(answer, instance)


def _missing(answer: Answered, instance: Instance) -> GitHubProblem:
    header = answer.headers.get("x-accepted-github-permissions")
    accepted = header if _ACCEPTED.fullmatch(header) else ""
    needs = " or ".join(part.strip().replace(",", " and ").replace("=", ": ") for part in accepted.split(";"))
    return _problem(
        ProblemKind.PERMISSION_MISSING,
        answer,
        instance,
        accepted=accepted,
        message=f"The credential lacks a permission for this. It needs {needs}." if needs else "",
    )


def _sso(answer: Answered, instance: Instance) -> GitHubProblem | None:
    header = answer.headers.get("x-github-sso")
    if not header.startswith("required") and not (answer.status == 403 and _SSO.search(answer.said)):
        return None
    url = header.partition("url=")[2].strip()
    # Only a page of this GitHub is offered as a link.
    safe = url if url.startswith(f"{instance.web}/") and re.fullmatch(r"[\x21-\x7e]+", url) else ""
    return _problem(ProblemKind.SSO_REQUIRED, answer, instance, url=safe)


def _moved(answer: Answered, instance: Instance) -> GitHubProblem:
    place = answer.headers.get("location")
    inside = place.startswith(f"{instance.api}/") and re.fullmatch(r"[\x21-\x7e]+", place)
    return _problem(
        ProblemKind.MOVED, answer, instance, to=place.removeprefix(instance.api) if inside else ""
    )


def _other(answer: Answered, instance: Instance) -> GitHubProblem:
    if answer.status == 410 or (answer.status == 400 and "version" in answer.said.lower()):
        return _problem(
            ProblemKind.OTHER,
            answer,
            instance,
            message=_saying(f"{instance.name} no longer offers this", answer),
            hint="A newer version of Keyhole may know what has taken its place.",
        )
    return _problem(
        ProblemKind.OTHER,
        answer,
        instance,
        message=_saying(f"{instance.name} refused (status {answer.status})", answer),
    )


def _saying(what: str, answer: Answered) -> str:
    return f"{what}: {answer.said.rstrip('.')}." if answer.said else f"{what}."


def said_in(told: object) -> str:
    """GitHub's words in the decoded body of an error, made safe to show."""
    return shown(told.get("message")) if isinstance(told, dict) else ""

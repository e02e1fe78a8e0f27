"""What the form for a new token asks, how a link fills it in, and what is wrong with what came back.

The names in a link are those that GitHub documents: `name`, `description`, `target_name`, `expires_in`, and one for
each permission. A link cannot choose repositories. Names that are none, and levels that a permission has not, are
ignored, as GitHub does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from keyhole.core.permissions import Group, Level, Permission, vocabulary
from keyhole.testing.github.tokens import Kind
from keyhole.testing.github.web.frame import Asked
from keyhole.testing.github.world import Account, Organization, Repository, User, World

DAYS = ("7", "30", "60", "90")
MOST_TOKENS = 50
_NAME, _DESCRIPTION = 40, 1024
_LONGEST = 366
_DEFAULT = 30


@dataclass(slots=True)
class Form:
    """The fields, as text."""

    name: str = ""
    description: str = ""
    owner: str = ""
    days: str = str(_DEFAULT)
    """One of DAYS, `custom` or `none`."""
    until: str = ""
    """A date, when `days` is `custom`."""
    access: str = "public"
    """`public`, `all` or `selected`."""
    repositories: list[str] = field(default_factory=list)
    """Ids of the selected ones."""
    permissions: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    """Field -> what is wrong with it."""


def owners(world: World, user: User) -> list[Account]:
    """Whose resources a person can make a token for: their own, and those of organizations that allow it."""
    return [user, *(each for each in world.organizations_of(user) if each.policy.fine_grained)]


def owned(world: World, user: User, owner: Account) -> list[Repository]:
    """What can be selected."""
    found = [
        each
        for each in world.repositories.values()
        if each.owner is owner and world.role(user, each) != "none"
    ]
    return sorted(found, key=lambda each: each.name.lower())


def offered(owner: Account) -> dict[Group, list[Permission]]:
    """Permissions by group, for this kind of resource owner, in the order of their titles."""
    groups = (Group.REPOSITORY, Group.ORGANIZATION if isinstance(owner, Organization) else Group.ACCOUNT)
    known = sorted(vocabulary().permissions.values(), key=lambda each: each.title)
    return {group: [each for each in known if each.group is group] for group in groups}


def from_link(asked: Asked, user: User) -> Form:
    """The form as a link fills it in; what a link leaves out has its default."""
    form = Form(asked.given("name")[:_NAME], asked.given("description")[:_DESCRIPTION])
    known = {each.login.lower(): each for each in owners(asked.world, user)}
    owner = known.get(asked.given("target_name").lower(), user)
    form.owner = owner.login
    _expiration(form, asked.given("expires_in") or asked.given("days"), asked, owner)
    form.access = (
        asked.given("access") if asked.given("access") in {"public", "all", "selected"} else "public"
    )
    form.repositories = asked.all_given("repository")
    for permissions in offered(owner).values():
        for each in permissions:
            word = asked.given(each.name)
            if word in {level.word for level in each.levels}:
                form.permissions[each.name] = word
    if form.permissions and form.access == "public" and not asked.given("access"):
        form.access = "selected" if any(_is_repository(name) for name in form.permissions) else "public"
    form.reason = asked.given("reason")
    return form


def _is_repository(name: str) -> bool:
    return vocabulary().permissions[name].group is Group.REPOSITORY


def _expiration(form: Form, wanted: str, asked: Asked, owner: Account) -> None:
    most = owner.policy.most_days if isinstance(owner, Organization) else None
    if wanted == "none":
        form.days = "none"
        return
    if wanted == "custom":
        form.days, form.until = "custom", asked.given("until")
        return
    days = (
        int(wanted) if wanted.isdigit() and 1 <= int(wanted) <= _LONGEST else min(_DEFAULT, most or _DEFAULT)
    )
    if str(days) in DAYS:
        form.days = str(days)
    else:
        form.days = "custom"
        form.until = (asked.world.now() + timedelta(days=days)).date().isoformat()


def from_post(asked: Asked, user: User) -> Form:
    """The form as it was sent, with what is wrong with it."""
    form = Form(
        asked.given("name").strip(),
        asked.given("description"),
        asked.given("target_name"),
        asked.given("days"),
        asked.given("until"),
        asked.given("access"),
        asked.all_given("repository"),
        reason=asked.given("reason"),
    )
    owner = owner_of(asked, user, form)
    for permissions in offered(owner).values():
        for each in permissions:
            word = asked.given(each.name)
            if word in {level.word for level in each.levels}:
                form.permissions[each.name] = word
    _check(asked, user, owner, form)
    return form


def owner_of(asked: Asked, user: User, form: Form) -> Account:
    """The resource owner that the form names; the person, if it names none that they have."""
    return next((each for each in owners(asked.world, user) if each.login == form.owner), user)


def _check(asked: Asked, user: User, owner: Account, form: Form) -> None:
    if owner.login != form.owner:
        form.errors["target_name"] = "Choose a resource owner from the list."
    if len(form.description) > _DESCRIPTION:
        form.errors["description"] = f"At most {_DESCRIPTION} characters."
    _check_name(asked, user, form)
    _check_expiration(asked, owner, form)
    _check_access(asked, user, owner, form)


def _check_name(asked: Asked, user: User, form: Form) -> None:
    everybodys = (each for each in asked.world.tokens.values() if each.kind is Kind.FINE_GRAINED)
    mine = [each for each in everybodys if each.user is user and not each.revoked]
    if not 1 <= len(form.name) <= _NAME:
        form.errors["name"] = f"A token needs a name of at most {_NAME} characters."
    elif any(each.name == form.name for each in mine):
        form.errors["name"] = "Name has already been taken."
    elif len(mine) >= MOST_TOKENS:
        form.errors["name"] = (
            f"You have {MOST_TOKENS} fine-grained tokens already, which is the most one can have."
        )


def _check_expiration(asked: Asked, owner: Account, form: Form) -> None:
    ends = expires_at(asked.world, form)
    if form.days != "none" and ends is None:
        form.errors["days"] = f"Choose a date from tomorrow to {_LONGEST} days from now."
    elif isinstance(owner, Organization) and owner.policy.most_days is not None:
        most = owner.policy.most_days
        if ends is None or ends > asked.world.now() + timedelta(days=most):
            form.errors["days"] = f"{owner.login} allows at most {most} days."


def _check_access(asked: Asked, user: User, owner: Account, form: Form) -> None:
    allowed = {str(each.id) for each in owned(asked.world, user, owner)}
    if form.access not in {"public", "all", "selected"}:
        form.errors["access"] = "Choose which repositories."
    elif form.access == "selected" and (not form.repositories or not set(form.repositories) <= allowed):
        form.errors["access"] = "Select at least one repository of this resource owner."
    elif form.access == "public" and any(_is_repository(name) for name in form.permissions):
        form.errors["access"] = "Repository permissions need All repositories or Only select repositories."


def expires_at(world: World, form: Form) -> datetime | None:
    """When the token ends; None for never, and for a date that is none."""
    now = world.now()
    if form.days in DAYS:
        return now.replace(microsecond=0) + timedelta(days=int(form.days))
    if form.days != "custom":
        return None
    try:
        day = date.fromisoformat(form.until)
    except ValueError:
        return None
    ends = datetime.combine(day, time(), UTC) if day > now.date() else None
    return ends if ends is not None and ends <= now + timedelta(days=_LONGEST + 1) else None


def level_words(permission: Permission) -> list[tuple[str, str]]:
    """(value, words) of the levels of a permission, in the words of GitHub's form."""
    words = {Level.READ: "Read-only", Level.WRITE: "Read and write", Level.ADMIN: "Admin"}
    return [(each.word, words[each]) for each in permission.levels]

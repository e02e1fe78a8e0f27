"""Settings, Developer settings, Personal access tokens, Fine-grained tokens, Generate new token."""

from __future__ import annotations

from keyhole.core.permissions import Group, Level, Permission
from keyhole.core.words import words
from keyhole.testing.github import tokens
from keyhole.testing.github.tokens import Kind, SandboxToken, State
from keyhole.testing.github.web import token_form
from keyhole.testing.github.web.frame import Asked, Page, hidden, page, redirect
from keyhole.testing.github.web.html import Markup, el, field, join
from keyhole.testing.github.web.token_form import Form
from keyhole.testing.github.world import Account, Organization, User

CRUMBS = (
    ("Developer settings", "/settings/tokens"),
    ("Fine-grained tokens", "/settings/personal-access-tokens"),
)
_TITLES = {
    Group.REPOSITORY: "Repository permissions",
    Group.ORGANIZATION: "Organization permissions",
    Group.ACCOUNT: "Account permissions",
}
_AND_PUBLIC = "Also includes public repositories (read-only)."
_ACCESS = (
    ("public", "Public repositories", "Read-only access to public repositories."),
    ("all", "All repositories", f"All current and future repositories of the resource owner. {_AND_PUBLIC}"),
    ("selected", "Only select repositories", f"Select at least one repository. {_AND_PUBLIC}"),
)
_LIST = "/settings/personal-access-tokens"


def ask(asked: Asked) -> Page:
    """The form, filled in by the link."""
    user = _user(asked)
    return _page(asked, user, token_form.from_link(asked, user))


def generate(asked: Asked) -> Page:
    """Make the token, or say what is missing."""
    user = _user(asked)
    form = token_form.from_post(asked, user)
    if form.errors:
        found = _page(asked, user, form)
        found.status = 422
        return found
    token = _make(asked, user, form)
    asked.session.new_token = token.text
    return redirect(_LIST)


def _user(asked: Asked) -> User:
    if asked.user is None:
        raise LookupError("this page is for who is signed in")
    return asked.user


def _make(asked: Asked, user: User, form: Form) -> SandboxToken:
    world, owner = asked.world, token_form.owner_of(asked, user, form)
    given = {name: Level.parse(word) for name, word in form.permissions.items()}
    token = SandboxToken(
        world.new_id(),
        Kind.FINE_GRAINED,
        tokens.fine_grained_text(),
        user,
        form.name,
        world.now(),
        token_form.expires_at(world, form),
        owner=owner,
        access=form.access,
        selected={int(each) for each in form.repositories} if form.access == "selected" else set(),
        permissions=tokens.with_metadata(given),
        description=form.description,
        reason=form.reason,
        state=State.PENDING if tokens.waits_for_approval(owner, user) else State.APPROVED,
    )
    world.tokens[token.text] = token
    return token


def _page(asked: Asked, user: User, form: Form) -> Page:
    owner = token_form.owner_of(asked, user, form)
    errors = [el("li", el("a", message, href=f"#{name}")) for name, message in form.errors.items()]
    return page(
        asked,
        "New fine-grained personal access token",
        el("p", "Create a fine-grained, repository-scoped token suitable for personal API use and for using Git over "
           "HTTPS.", class_="lead"),
        _problem(errors) if errors else None,
        el(
            "form",
            hidden(asked),
            _about(form),
            _owner(asked, user, form, owner),
            _expiration(form),
            _repositories(asked, user, owner, form),
            *[_permissions(group, found, form) for group, found in token_form.offered(owner).items()],
            el("p", el("button", "Generate token"), el("a", "Cancel", href=_LIST)),
            method="post",
            action=_LIST,
        ),
        crumbs=CRUMBS,
    )  # fmt: skip


def _problem(errors: list[Markup]) -> Markup:
    return el(
        "div", el("h2", "The token was not generated"), el("ul", errors), class_="problem", role="alert"
    )


def _about(form: Form) -> Markup:
    name = el("input", type="text", id="name", name="name", value=form.name, maxlength=40, required=True,
              autocomplete="off", aria_describedby="name-hint")  # fmt: skip
    description = el(
        "textarea", form.description, id="description", name="description", rows=2, maxlength=1024
    )
    return join(
        field("Token name", name, for_="name", hint="A unique name for this token. May be visible to resource owners "
              "or users with possession of the token.", error=form.errors.get("name", "")),
        field("Description", description, for_="description", hint="What is this token for?",
              error=form.errors.get("description", "")),
    )  # fmt: skip


def _owner(asked: Asked, user: User, form: Form, owner: Account) -> Markup:
    mine = token_form.owners(asked.world, user)
    choices = [el("option", each.login, value=each.login, selected=each is owner) for each in mine]
    control = join(
        el("select", choices, id="target_name", name="target_name", aria_describedby="target_name-hint"),
        el("button", "Show this owner's repositories and permissions", formmethod="get",
           formaction="/settings/personal-access-tokens/new", formnovalidate=True, class_="quiet"),
    )  # fmt: skip
    waits = isinstance(owner, Organization) and tokens.waits_for_approval(owner, user)
    reason = field(
        "Message to the owners of the organization",
        el("textarea", form.reason, id="reason", name="reason", rows=2, maxlength=1024),
        for_="reason",
        hint=f"{owner.login} requires an owner's approval. Until then the token reads only public resources.",
    )
    return join(
        field("Resource owner", control, for_="target_name", hint="The token only acts on what this account owns.",
              error=form.errors.get("target_name", "")),
        reason if waits else None,
    )  # fmt: skip


def _expiration(form: Form) -> Markup:
    choices = [(each, f"{each} days") for each in token_form.DAYS] + [
        ("custom", "Custom"),
        ("none", "No expiration"),
    ]
    options = [el("option", words_, value=value, selected=value == form.days) for value, words_ in choices]
    return el(
        "div",
        field("Expiration", el("select", options, id="days", name="days"), for_="days",
              error=form.errors.get("days", "")),
        field("Custom date", el("input", type="date", id="until", name="until", value=form.until), for_="until",
              hint="Only used with Custom."),
        class_="row",
    )  # fmt: skip


def _repositories(asked: Asked, user: User, owner: Account, form: Form) -> Markup:
    choices = [
        el(
            "div",
            el("input", type="radio", id=f"access-{value}", name="access", value=value, checked=value == form.access,
               aria_describedby=f"access-{value}-hint"),
            el(
                "div",
                el("label", title, for_=f"access-{value}"),
                el("p", hint, class_="hint", id=f"access-{value}-hint"),
            ),
            class_="choice",
        )
        for value, title, hint in _ACCESS
    ]  # fmt: skip
    found = token_form.owned(asked.world, user, owner)
    boxes = [
        el(
            "li",
            el("input", type="checkbox", id=f"repository-{each.id}", name="repository", value=each.id,
               checked=str(each.id) in form.repositories),
            el("label", each.full_name, for_=f"repository-{each.id}"),
        )
        for each in found
    ]  # fmt: skip
    return el(
        "fieldset",
        el("legend", "Repository access"),
        el("p", form.errors["access"], class_="error") if "access" in form.errors else None,
        choices,
        el(
            "fieldset",
            el("legend", "Select repositories"),
            el("ul", boxes, class_="boxes") if boxes else el("p", f"{owner.login} has none.", class_="hint"),
        ),
        id="access",
    )


def _permissions(group: Group, found: list[Permission], form: Form) -> Markup:
    return el(
        "fieldset",
        el("legend", _TITLES[group]),
        [_permission(each, form) for each in found],
        class_="permissions",
    )


def _permission(permission: Permission, form: Form) -> Markup:
    label = el("label", permission.title, for_=f"permission-{permission.name}")
    about = el("p", words(permission.name).about, class_="hint", id=f"about-{permission.name}")
    fixed = permission.name == "metadata"
    choices = [] if fixed else [el("option", "No access", value="")]
    choices += [
        el("option", f"{words_} (mandatory)" if fixed else words_, value=value,
           selected=form.permissions.get(permission.name) == value)
        for value, words_ in token_form.level_words(permission)
    ]  # fmt: skip
    control = el("select", choices, id=f"permission-{permission.name}", name=None if fixed else permission.name,
                 disabled=fixed, aria_describedby=f"about-{permission.name}")  # fmt: skip
    return el("div", el("div", label, about), control, class_="permission")

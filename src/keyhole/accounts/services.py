"""People and owners: who may do what here, and how the first person comes in."""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from keyhole.accounts.models import Owner, SetupCode, SignInPolicy, User
from keyhole.audit.log import ALLOWED, DENIED, Draft, append
from keyhole.core.actions import Role, may
from keyhole.core.caller import Caller, Via
from keyhole.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from keyhole.core.names import fold, owner_name
from keyhole.core.request import OwnerKind
from keyhole.core.secret import Secret

OPERATOR = "admin@localhost"
"""Address of the account that the command line acts as before anybody has set one up."""


def require(caller: Caller, action: str) -> User:
    """The caller's account, if it may do this now. PermissionDenied, which is on record, if not."""
    user = (
        None
        if caller.user_id is None
        else User.objects.select_related("owner").filter(pk=caller.user_id, is_active=True).first()
    )
    # A token's rights are over repositories; over Keyhole itself it has none, whoever holds it.
    if user is None or caller.via is Via.TOKEN or not may(user.role, action):
        raise _refused(
            caller,
            action,
            "The account is not active, or its role does not include this.",
            PermissionDenied(
                f"{caller.name} may not do this ({action}).",
                hint="An owner of this Keyhole can change roles.",
            ),
        )
    if caller.actions is not None and action not in caller.actions:
        raise _refused(
            caller,
            action,
            "The API token was made without this action.",
            PermissionDenied(
                f"This API token may not do this ({action}).", hint="Make one that includes the action."
            ),
        )
    if action != _ALWAYS and caller.via in _PEOPLE and lacks_second_factor(user):
        raise _refused(
            caller,
            action,
            "The role needs a second factor, and the account has none.",
            SecondFactorNeeded(
                f"People in the role {user.role.value} need a second factor, and {caller.name} has none yet.",
                hint="Set one up under Settings -> Sign-in and security.",
            ),
        )
    return user


def allows(caller: Caller, user: User, action: str) -> bool:
    """Whether the caller, whose account was found by `require`, may do one thing more. Puts nothing on record."""
    return may(user.role, action) and (caller.actions is None or action in caller.actions)


class SecondFactorNeeded(PermissionDenied):
    """The person may do nothing before they have a second factor."""


_ALWAYS = "account:change"
"""What remains possible without a second factor: setting one up."""
_PEOPLE = frozenset({Via.WEB, Via.API})
"""Ways in that people sign in by; the command line is the machine's operator."""


def roles_with_second_factor() -> frozenset[Role]:
    """Roles whose people need a second factor. A stored name that is no role means all of them."""
    found = SignInPolicy.objects.values_list("second_factor_roles", flat=True).first()
    try:
        return frozenset(Role(name) for name in found or ())
    except (TypeError, ValueError):
        return frozenset(Role)


def lacks_second_factor(user: User) -> bool:
    """Whether the person must set one up first. Whoever has no password here signs in elsewhere, by its rules."""
    return (
        user.role in roles_with_second_factor() and user.has_usable_password() and not user.has_second_factor
    )


def _refused(caller: Caller, action: str, why: str, problem: PermissionDenied) -> PermissionDenied:
    """The problem, with the id of the record that explains it."""
    problem.explain = append(
        Draft(action=action, outcome=DENIED, actor=caller.as_actor(), subject={"why": why})
    )
    return problem


def owner_for(login: str, kind: OwnerKind) -> Owner:
    """The resource owner with this login, made when there is none. InvalidInput when the login is no name."""
    login = owner_name(login)
    found, _ = Owner.objects.get_or_create(
        login_folded=fold(login), defaults={"login": login, "kind": kind.value}
    )
    return found


def find_owner(login: str) -> Owner:
    """The resource owner with this login. NotFound when there is none, also when no owner can have the name."""
    try:
        folded = fold(owner_name(login))
    except InvalidInput as problem:
        raise NotFound("There is no resource owner of this name.", hint=problem.message) from problem
    found = Owner.objects.filter(login_folded=folded).first()
    if found is None and folded == fold(settings.KEYHOLE_DEFAULT_OWNER):
        return owner_for(login, OwnerKind.ORGANIZATION)
    if found is None:
        raise NotFound(
            f"There is no resource owner {login!r}.", hint="Owners come with connected repositories."
        )
    return found


def setup_needed() -> bool:
    """Whether nobody can sign in yet."""
    return not any(
        user.has_usable_password() for user in User.objects.filter(role_name=Role.OWNER, is_active=True)
    )


def setup_link() -> str | None:
    """A new one-time address that makes its visitor the first user; None once there is one.

    Only the newest link works: whoever starts Keyhole again has the link on the terminal, nobody else.
    """
    if not setup_needed():
        return None
    code = secrets.token_urlsafe(24)
    with transaction.atomic():
        SetupCode.objects.all().delete()
        SetupCode.objects.create(digest=_digest(Secret(code)))
    return f"{settings.KEYHOLE_URL}/setup/{code}"


def setup_code_is_valid(code: Secret) -> bool:
    """Whether this is the code of the newest set-up link and nobody has used it."""
    return setup_needed() and SetupCode.objects.filter(digest=_digest(code)).exists()


def _digest(code: Secret) -> bytes:
    return hashlib.sha256(code.reveal().encode("utf-8", "surrogatepass")).digest()


def create_first_user(setup_code: Secret, email: str, login: str, password: str) -> User:
    """Make the first user, an owner of this Keyhole, against the one-time code.

    PermissionDenied when the code is wrong or used; InvalidInput, naming the field, for the rest.
    """
    checked = checked_email(email), owner_name(login)
    with transaction.atomic():
        if not setup_needed() or not SetupCode.objects.filter(digest=_digest(setup_code)).delete()[0]:
            raise PermissionDenied(
                "This set-up link is not valid any more.",
                hint="Start Keyhole again with `keyhole up`: it prints a new one.",
            )
        user = make_user(*checked, password, Role.OWNER)
        append(
            Draft(
                action="account:create",
                outcome=ALLOWED,
                subject={"user_id": user.pk, "email": user.email},
                actor=Caller(user.pk, user.email, Via.SETUP).as_actor(),
            )
        )
    return user


def checked_email(email: str) -> str:
    """The address. InvalidInput when it is none."""
    try:
        validate_email(email)
    except ValidationError as problem:
        raise InvalidInput("This is not an email address.", field="email") from problem
    return email


def make_user(email: str, login: str, password: str | None, role: Role) -> User:
    """A new person; without a password one who cannot sign in with any. Whoever calls this has asked who may.

    InvalidInput for a weak password, Conflict when the login or the address is taken.
    """
    user = User(email=email, role_name=role.value)
    if password is None:
        user.set_unusable_password()
    else:
        try:
            validate_password(password, user)
        except ValidationError as problem:
            raise InvalidInput(" ".join(problem.messages), field="password") from problem
        user.set_password(password)
    try:
        with transaction.atomic():
            user.owner = Owner.objects.create(
                login=login, login_folded=fold(login), kind=OwnerKind.USER.value
            )
            user.save()
    except IntegrityError as problem:
        raise Conflict(f"The login {login!r} or the email address is taken.") from problem
    return user


def local_caller() -> Caller:
    """This machine's operator, as which the command line acts: the first owner of this Keyhole.

    Where nobody has set up an account yet, one without a password is made, which nobody can sign in with.
    """
    user = User.objects.filter(role_name=Role.OWNER, is_active=True).order_by("pk").first()
    if user is None:
        with transaction.atomic():
            user = User.objects.filter(email=OPERATOR).first() or make_user(
                OPERATOR, "admin", None, Role.OWNER
            )
    return Caller(user.pk, user.email, Via.CLI)

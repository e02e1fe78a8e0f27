"""Owners and people. Logins of both are one namespace, as on GitHub."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from keyhole.core import request as core
from keyhole.core.actions import Role


class Owner(models.Model):
    """A resource owner: the account, of a person or an organization, that repositories belong to."""

    login = models.CharField(max_length=39)
    login_folded = models.CharField(max_length=39, unique=True)
    """The look-up form; two logins that differ in case alone would be one name to every tool."""
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in core.OwnerKind])
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.login

    def as_core(self) -> core.Owner:
        """The value that decisions are made on."""
        return core.Owner(self.pk, self.login, core.OwnerKind(self.kind))


class UserManager(BaseUserManager["User"]):
    """Finds people by email address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        """The user with this address; User.DoesNotExist if there is none."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person, or this machine's operator before anybody has set up an account."""

    email = models.EmailField(max_length=254)
    owner = models.OneToOneField(Owner, on_delete=models.PROTECT, related_name="user")
    """The person as a resource owner; its login is the person's."""
    is_active = models.BooleanField(default=True)
    role_name = models.CharField(
        max_length=20, choices=[(role.value, role.value) for role in Role], default=Role.MEMBER.value
    )
    session_epoch = models.PositiveIntegerField(default=0)
    """Raised when every session must end; sessions of an earlier epoch are nobody's."""
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_per_email"),)

    def __str__(self) -> str:
        return self.email

    @property
    def login(self) -> str:
        """The name in addresses and in `GET /user`."""
        return self.owner.login

    @property
    def role(self) -> Role:
        """What the person is here."""
        return Role(self.role_name)

    @property
    def can_sign_in(self) -> bool:
        """Whether there is a way in for the person, apart from the command line."""
        return self.is_active and (
            self.has_usable_password() or self.passkeys.exists() or self.identities.exists()
        )

    @property
    def has_second_factor(self) -> bool:
        """Whether a password alone is not enough for the person."""
        return Authenticator.objects.filter(user=self).exists() or self.passkeys.exists()

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django's own looks at the password alone; a session must not outlive the role that it began with either.
        bound = f"{self.password}:{self.role_name}:{self.session_epoch}"
        return salted_hmac(
            "keyhole.accounts.models.User.session", bound, secret=secret, algorithm="sha256"
        ).hexdigest()


class SetupCode(models.Model):
    """The one-time code of the first account. At most one row; it is gone once it was used."""

    only = models.BooleanField(default=True, unique=True)
    digest = models.BinaryField(max_length=32)
    """SHA-256 of the code, which itself is only printed."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(only=True), name="one_setup_code"),)

    def __str__(self) -> str:
        return f"set-up code of {self.created_at:%Y-%m-%d %H:%M}"


class Invitation(models.Model):
    """A one-time address that makes its visitor a person here. Rows are kept: the audit log speaks of them."""

    email = models.EmailField(max_length=254)
    role_name = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the code in the address, which itself is only shown once."""
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    """First moment at which it is no longer valid."""
    revoked_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"invitation of {self.email}"

    @property
    def role(self) -> Role:
        """What the person will be here."""
        return Role(self.role_name)

    @property
    def state(self) -> str:
        """`open`, `accepted`, `revoked` or `expired`."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "revoked"
        return "open" if timezone.now() < self.expires_at else "expired"


class Authenticator(models.Model):
    """The app on a person's phone that shows a new code every half minute (TOTP, RFC 6238)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="authenticator")
    sealed = models.BinaryField(max_length=100)
    """The secret shared with the app, sealed (`sealing.py`)."""
    last_counter = models.BigIntegerField()
    """The half minute of the last code that was accepted; no code of it or before it is accepted again."""
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"authenticator of user {self.user_id}"


class Passkey(models.Model):
    """A WebAuthn credential: a key pair of which Keyhole knows the public half."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential_id = models.BinaryField(max_length=1024, unique=True)
    credential = models.BinaryField(max_length=4096)
    """The attested credential data: authenticator model, id and public key."""
    sign_count = models.BigIntegerField(default=0)
    """What the authenticator counted at its last use; 0 where it does not count."""
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """One of the codes for when the phone is lost. Works once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.BinaryField(max_length=32)
    """Keyed hash of the code, which itself is only shown once."""
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "digest"], name="recovery_codes_differ"),)

    def __str__(self) -> str:
        return f"recovery code of user {self.user_id}"


class ResetCode(models.Model):
    """A one-time address at which a person chooses a new password. At most one for each person."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="reset_code")
    digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the code in the address."""
    drops_factors = models.BooleanField(default=False)
    """Whether second factors are removed too: for people who lost them together with the recovery codes."""
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reset code of user {self.user_id}"


class Session(AbstractBaseSession):
    """One browser. The key is a hash of what the cookie holds, so that a copy of this table signs nobody in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="sessions")
    """Who is signed in; None before that."""
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    """To within a few minutes."""
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    """What the browser says it is; believed by nobody."""


class SignInPolicy(models.Model):
    """What signing in takes here. At most one row; without one, a password is enough."""

    only = models.BooleanField(default=True, unique=True)
    second_factor_roles = models.JSONField(default=list)
    """Roles whose people may do nothing before they have a second factor."""

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(only=True), name="one_sign_in_policy"),)

    def __str__(self) -> str:
        return f"second factor for {self.second_factor_roles}"


class ApiToken(models.Model):
    """What a program uses Keyhole's own API with, for a person and with less than the person may."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.BinaryField(max_length=32, unique=True)
    """SHA-256 of the token."""
    actions = models.JSONField()
    """Names of the actions that may be done with it, of those that the person may do then."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    """First moment at which it is no longer valid."""
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    """To within a minute."""
    last_used_address = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(revoked_at=None), name="one_live_api_token_per_name"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """`active`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if timezone.now() < self.expires_at else "expired"


class Identity(models.Model):
    """Who a person is to an OpenID provider: by the subject, which the provider never gives to anybody else."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_subject"),)

    def __str__(self) -> str:
        return f"identity of user {self.user_id}"

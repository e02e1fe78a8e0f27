"""Django's settings, and the only reader of the environment.

Every variable has one row in `VARIABLES`. What makes no sense, or could be read by others, stops the start with the
exact reason: guessing here would widen something quietly.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF

from keyhole.backups import switch
from keyhole.core.errors import Misconfigured
from keyhole.core.secret import Secret
from keyhole.settings.files import password_in, private_file, private_folder, secret_in
from keyhole.settings.variables import VARIABLES, Network, address, folder, read

__all__ = ["VARIABLES"]


def _sqlite() -> dict[str, Any]:
    path = KEYHOLE_DATA / "keyhole.sqlite3"
    if not path.exists() and (KEYHOLE_DATA / "audit.head").exists():
        raise Misconfigured(
            f"{path} is missing, but audit.head beside it shows that it was in use. Restore it from a backup; "
            "to begin anew, choose another KEYHOLE_DATA."
        )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(private_file(path, bytes)),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",  # else a reading transaction that begins to write may be refused
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
        # In memory, threads would share one cache and lock each other out without waiting; a file behaves as in use.
        "TEST": {"NAME": str(KEYHOLE_DATA / "keyhole-test.sqlite3")},
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise Misconfigured("KEYHOLE_DATABASE_URL must be postgresql://USER:PASSWORD@HOST:PORT/NAME.")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", "") or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        # One kept connection per thread: the threads are few and bounded, and, unlike a pool's, it can neither
        # be forgotten by a thread nor run out while a revocation waits (docs/decisions).
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": 10, **options},
    }


_values = read(dict(os.environ))
KEYHOLE_VAULT_KEYS: Secret = _values["KEYHOLE_VAULT_KEYS"]
os.environ.pop("KEYHOLE_VAULT_KEYS", None)  # no process that this one starts has any business with them
KEYHOLE_DATA = private_folder(_values["KEYHOLE_DATA"])
try:
    switch.finish(
        KEYHOLE_DATA
    )  # a restore that was ended in the middle, before anything in the folder is used
except (OSError, ValueError) as problem:
    raise Misconfigured(f"A restore in {KEYHOLE_DATA} cannot be finished: {problem}.") from problem
KEYHOLE_LISTEN: tuple[str, int] = _values["KEYHOLE_LISTEN"]
KEYHOLE_MAX_TOKEN_DAYS: int = _values["KEYHOLE_MAX_TOKEN_DAYS"]
KEYHOLE_MAX_SHARE_DAYS: int = _values["KEYHOLE_MAX_SHARE_DAYS"]
KEYHOLE_DEFAULT_OWNER: str = _values["KEYHOLE_DEFAULT_OWNER"]
KEYHOLE_PROXIES: tuple[Network, ...] = _values["KEYHOLE_PROXIES"]
KEYHOLE_DATABASE_URL: str = _values["KEYHOLE_DATABASE_URL"]
KEYHOLE_ALLOW_PRIVATE_ADDRESSES: bool = _values["KEYHOLE_ALLOW_PRIVATE_ADDRESSES"]
KEYHOLE_CA_FILE: str = _values["KEYHOLE_CA_FILE"]
KEYHOLE_ADVISORIES_URL: str = _values["KEYHOLE_ADVISORIES_URL"]
KEYHOLE_EPSS_URL: str = _values["KEYHOLE_EPSS_URL"]
KEYHOLE_KEV_URL: str = _values["KEYHOLE_KEV_URL"]
KEYHOLE_PROGRAMS: tuple[Path, ...] = _values["KEYHOLE_PROGRAMS"]
KEYHOLE_RULES: Path | None = _values["KEYHOLE_RULES"]
KEYHOLE_SEMGREP_RULES: Path | None = _values["KEYHOLE_SEMGREP_RULES"]
KEYHOLE_OIDC_ISSUER: str = _values["KEYHOLE_OIDC_ISSUER"]
KEYHOLE_OIDC_CLIENT_ID: str = _values["KEYHOLE_OIDC_CLIENT_ID"]
KEYHOLE_OIDC_CLIENT_SECRET = password_in(
    _values["KEYHOLE_OIDC_CLIENT_SECRET_FILE"], "KEYHOLE_OIDC_CLIENT_SECRET_FILE"
)
KEYHOLE_OIDC_DOMAINS: frozenset[str] = _values["KEYHOLE_OIDC_DOMAINS"]
KEYHOLE_OIDC_LINK: bool = _values["KEYHOLE_OIDC_LINK"]
KEYHOLE_OIDC_JOIN: bool = _values["KEYHOLE_OIDC_JOIN"]
KEYHOLE_OIDC_ROLE: str = _values["KEYHOLE_OIDC_ROLE"]
if KEYHOLE_OIDC_ISSUER and (not KEYHOLE_OIDC_CLIENT_ID or KEYHOLE_OIDC_CLIENT_SECRET is None):
    raise Misconfigured(
        "KEYHOLE_OIDC_ISSUER needs KEYHOLE_OIDC_CLIENT_ID and KEYHOLE_OIDC_CLIENT_SECRET_FILE beside it."
    )
if KEYHOLE_OIDC_JOIN and not KEYHOLE_OIDC_DOMAINS:
    raise Misconfigured("KEYHOLE_OIDC_JOIN=yes needs KEYHOLE_OIDC_DOMAINS: else anybody could join.")
KEYHOLE_SMTP_HOST: str = _values["KEYHOLE_SMTP_HOST"]
KEYHOLE_SMTP_PORT: int = _values["KEYHOLE_SMTP_PORT"]
KEYHOLE_SMTP_TLS: str = _values["KEYHOLE_SMTP_TLS"]
KEYHOLE_SMTP_USER: str = _values["KEYHOLE_SMTP_USER"]
KEYHOLE_SMTP_FROM: str = _values["KEYHOLE_SMTP_FROM"]
KEYHOLE_SMTP_PASSWORD = password_in(_values["KEYHOLE_SMTP_PASSWORD_FILE"], "KEYHOLE_SMTP_PASSWORD_FILE")
KEYHOLE_HMAC_SECRET = secret_in(KEYHOLE_DATA / "findings.secret")
"""Key of the digests that stand for found secrets."""


def _url() -> str:
    host, port = KEYHOLE_LISTEN
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not listened on
        host = "localhost"
    bracketed = f"[{host}]" if ":" in host else host
    try:
        return address(_values["KEYHOLE_URL"] or f"http://{bracketed}:{port}")
    except ValueError as problem:
        raise Misconfigured(f"KEYHOLE_URL: {problem}.") from problem


def _repositories() -> Path:
    if not _values["KEYHOLE_REPOSITORIES"]:
        return private_folder(KEYHOLE_DATA / "repositories")
    try:
        return folder(_values["KEYHOLE_REPOSITORIES"])
    except ValueError as problem:
        raise Misconfigured(f"KEYHOLE_REPOSITORIES: {problem}.") from problem


KEYHOLE_URL = _url()
KEYHOLE_REPOSITORIES = _repositories()

SECRET_KEY = secret_in(KEYHOLE_DATA / "django.secret").reveal()
DEBUG = False
_https = KEYHOLE_URL.startswith("https://")
_public_host = urlsplit(KEYHOLE_URL).hostname or ""
ALLOWED_HOSTS = sorted(
    {f"[{_public_host}]" if ":" in _public_host else _public_host, "localhost", "127.0.0.1", "[::1]"}
)
CSRF_TRUSTED_ORIGINS = [KEYHOLE_URL]
CSRF_FAILURE_VIEW = "keyhole.web.errors.csrf_failure"

DATABASES = {"default": _postgresql(KEYHOLE_DATABASE_URL) if KEYHOLE_DATABASE_URL else _sqlite()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "keyhole.accounts",
    "keyhole.audit",
    "keyhole.connections",
    "keyhole.environments",
    "keyhole.findings",
    "keyhole.integrations",
    "keyhole.inventory",
    "keyhole.notifications",
    "keyhole.reports",
    "keyhole.repositories",
    "keyhole.scans",
    "keyhole.schedules",
    "keyhole.tokens",
    "keyhole.vault",
    "keyhole.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "keyhole.accounts.middleware.private_pages",
    "keyhole.accounts.middleware.seen_sessions",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "keyhole.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ]
        },
    }
]

AUTH_USER_MODEL = "accounts.User"
# Addresses are unique whatever their case, by a constraint that this check does not know.
SILENCED_SYSTEM_CHECKS = ["auth.E003"]
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email",)},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_ENGINE = "keyhole.accounts.session_store"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# The __Host- prefix keeps cookies of neighbouring host names out; browsers take it only over https.
SESSION_COOKIE_NAME = "__Host-keyhole-session" if _https else "keyhole-session"
CSRF_COOKIE_NAME = "__Host-keyhole-csrf" if _https else "keyhole-csrf"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_HANDLERS = ["keyhole.web.uploads.InMemory"]

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # files come from the package: there is no collecting step to forget
WHITENOISE_MAX_AGE = 300

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# One place for logs, standard error. Requests are never logged here: their headers and bodies hold credentials.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "keyhole": {"level": "INFO"},
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},  # its warnings name the path, and the set-up link is one
    },
}

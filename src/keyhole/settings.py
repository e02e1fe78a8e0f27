"""Django's settings, and the only reader of the environment.

Every variable has one row in `VARIABLES`. A value that makes no sense, a name that looks like a misspelt one, or a
secret file that others may read stops the start with the exact reason: guessing here would widen something quietly.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from keyhole.core.canonical import owner_name
from keyhole.core.errors import InvalidInput
from keyhole.core.secret import Secret

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable."""

    name: str
    default: str
    help: str
    """What it means, in one line, for the documentation and `keyhole doctor`."""
    parse: Callable[[str], Any]
    """Text to value; ValueError carries the reason that people read."""


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError("must be an absolute path, so that it does not depend on where Keyhole is started")
    return path


def _listen(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("must be HOST:PORT, for example 127.0.0.1:8470 or [::1]:8470")
    host = host.removeprefix("[").removesuffix("]")
    if host != "localhost":
        ipaddress.ip_address(host)
    return host, int(port)


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError("must be an http or https address, without a user name")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must end after the host: Keyhole answers at the root of its address")
    return f"{parts.scheme}://{parts.netloc}"


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 36500:
        raise ValueError("must be a whole number of days from 1 to 36500, or 0 for no maximum")
    return int(text)


def _login(text: str) -> str:
    try:
        return owner_name(text)
    except InvalidInput as problem:
        raise ValueError(problem.message.removesuffix(".")) from problem


def _yes_or_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return text == "yes"


def _networks(text: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())


VARIABLES = (
    Variable("KEYHOLE_DATA", "~/.local/share/keyhole", "folder that holds everything Keyhole keeps", _folder),
    Variable(
        "KEYHOLE_DATABASE_URL",
        "",
        "postgresql://... for several machines; empty is SQLite in the folder",
        str,
    ),
    Variable("KEYHOLE_LISTEN", "127.0.0.1:8470", "address and port to listen on", _listen),
    Variable("KEYHOLE_URL", "", "address that people and tools use; empty is the one listened on", str),
    Variable("KEYHOLE_MAX_TOKEN_DAYS", "366", "longest life of a token; 0 also allows no expiration", _days),
    Variable("KEYHOLE_DEFAULT_OWNER", "local", "owner of repositories that are in no owner's folder", _login),
    Variable(
        "KEYHOLE_REPOSITORIES", "", "folder of imported repositories; empty is one inside KEYHOLE_DATA", str
    ),
    Variable(
        "KEYHOLE_ALLOW_PRIVATE_ADDRESSES",
        "no",
        "yes lets imports reach addresses of private networks",
        _yes_or_no,
    ),
    Variable(
        "KEYHOLE_CA_FILE", "", "certificate authorities (PEM) to trust for imports besides the system's", str
    ),
    Variable("KEYHOLE_PROXIES", "", "addresses of proxies whose X-Forwarded-For is believed", _networks),
)


def _read(environment: dict[str, str]) -> dict[str, Any]:
    names = [variable.name for variable in VARIABLES]
    for name in environment:
        # Only near misses: orchestrators put names such as KEYHOLE_SERVICE_HOST into every container.
        ours = name.startswith("KEYHOLE_") and name not in names
        meant = difflib.get_close_matches(name, names, n=1, cutoff=0.85) if ours else []
        if meant:
            raise ImproperlyConfigured(f"{name} is not a setting; {meant[0]} is.")
    values = {}
    for variable in VARIABLES:
        text = environment.get(variable.name) or variable.default
        try:
            values[variable.name] = variable.parse(text)
        except ValueError as problem:
            raise ImproperlyConfigured(f"{variable.name}={text}: {problem}.") from problem
    return values


def _private_folder(path: Path) -> Path:
    """The folder, with nobody else let in. An empty one is closed, a used one that is open is refused."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if found.st_uid != os.geteuid():
        raise ImproperlyConfigured(
            f"{path} belongs to another user; Keyhole keeps secrets only in its own folder."
        )
    if found.st_mode & 0o077 and any(path.iterdir()):
        raise ImproperlyConfigured(
            f"{path} is open to other users (mode {stat.S_IMODE(found.st_mode):04o}); run: chmod 700 {path}"
        )
    path.chmod(0o700)
    return path


def _private_file(path: Path, first_content: Callable[[], bytes]) -> Path:
    """The file, made with its first content if missing; never written over, refused when others may read it."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(first_content())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, never replaces what another process made meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    found = path.stat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ImproperlyConfigured(
            f"{path} can be read by others (owner {found.st_uid}, mode {stat.S_IMODE(found.st_mode):04o}); "
            f"treat what it holds as known to them, then run: chmod 600 {path}"
        )
    return path


def _secret(name: str) -> Secret:
    path = _private_file(KEYHOLE_DATA / name, lambda: secrets.token_hex(32).encode())
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if re.fullmatch(r"[0-9a-f]{64}", text) is None:
        raise ImproperlyConfigured(
            f"{path} does not hold a secret of 64 hexadecimal digits; restore it from a backup."
        )
    return Secret(text)


def _sqlite() -> dict[str, Any]:
    path = KEYHOLE_DATA / "keyhole.sqlite3"
    if not path.exists() and (KEYHOLE_DATA / "audit.head").exists():
        raise ImproperlyConfigured(
            f"{path} is missing, but audit.head beside it shows that it was in use. Restore it from a backup; "
            "to begin anew, choose another KEYHOLE_DATA."
        )
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(_private_file(path, bytes)),
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
        raise ImproperlyConfigured("KEYHOLE_DATABASE_URL must be postgresql://USER:PASSWORD@HOST:PORT/NAME.")
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


_values = _read(dict(os.environ))
KEYHOLE_DATA = _private_folder(_values["KEYHOLE_DATA"])
KEYHOLE_LISTEN: tuple[str, int] = _values["KEYHOLE_LISTEN"]
KEYHOLE_MAX_TOKEN_DAYS: int = _values["KEYHOLE_MAX_TOKEN_DAYS"]
KEYHOLE_DEFAULT_OWNER: str = _values["KEYHOLE_DEFAULT_OWNER"]
KEYHOLE_PROXIES: tuple[Network, ...] = _values["KEYHOLE_PROXIES"]
KEYHOLE_DATABASE_URL: str = _values["KEYHOLE_DATABASE_URL"]
KEYHOLE_ALLOW_PRIVATE_ADDRESSES: bool = _values["KEYHOLE_ALLOW_PRIVATE_ADDRESSES"]
KEYHOLE_CA_FILE: str = _values["KEYHOLE_CA_FILE"]
KEYHOLE_HMAC_SECRET = _secret("findings.secret")
"""Key of the digests that stand for found secrets."""


def _url() -> str:
    host, port = KEYHOLE_LISTEN
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not listened on
        host = "localhost"
    bracketed = f"[{host}]" if ":" in host else host
    try:
        return _address(_values["KEYHOLE_URL"] or f"http://{bracketed}:{port}")
    except ValueError as problem:
        raise ImproperlyConfigured(f"KEYHOLE_URL: {problem}.") from problem


def _repositories() -> Path:
    if not _values["KEYHOLE_REPOSITORIES"]:
        return _private_folder(KEYHOLE_DATA / "repositories")
    try:
        return _folder(_values["KEYHOLE_REPOSITORIES"])
    except ValueError as problem:
        raise ImproperlyConfigured(f"KEYHOLE_REPOSITORIES: {problem}.") from problem


KEYHOLE_URL = _url()
KEYHOLE_REPOSITORIES = _repositories()

SECRET_KEY = _secret("django.secret").reveal()
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
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "keyhole.accounts",
    "keyhole.audit",
    "keyhole.tokens",
    "keyhole.repositories",
    "keyhole.scans",
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
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "keyhole.web.urls"
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

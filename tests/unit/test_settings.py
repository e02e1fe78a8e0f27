"""Settings: nonsense stops the start with its reason, and what others may read is refused."""

import errno
import os
import stat
import subprocess
import sys

import pytest

from keyhole.core.errors import Misconfigured
from keyhole.settings.files import private_file

SHOW = "import keyhole.settings as s; print(repr(getattr(s, {name!r})))"


def load(data, name="KEYHOLE_URL", **variables):
    """A setting as a new process reads it: its text, or the last line of the refusal."""
    environment = {key: text for key, text in os.environ.items() if not key.startswith("KEYHOLE_")}
    done = subprocess.run(
        [sys.executable, "-c", SHOW.format(name=name)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**environment, "KEYHOLE_DATA": str(data), **variables},
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


def test_the_data_folder_and_what_is_in_it_are_closed_to_others(tmp_path):
    data = tmp_path / "new" / "data"
    assert load(data) == "'http://127.0.0.1:8470'"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in data.iterdir()} == {
        "django.secret": "0o600",
        "findings.secret": "0o600",
        "keyhole.sqlite3": "0o600",
        "repositories": "0o700",
    }


def test_secrets_are_made_once_and_never_shown(tmp_path):
    data = tmp_path / "data"
    first = load(data, "SECRET_KEY")
    assert load(data, "SECRET_KEY") == first
    assert len(first) == 66
    assert load(data, "KEYHOLE_HMAC_SECRET") == "Secret(***)"


NONSENSE = {
    "KEYHOLE_SMTP_PORT": ["0", "65536", "smtp", "٢٥"],
    "KEYHOLE_SMTP_TLS": ["yes", "STARTTLS", "ssl"],
    "KEYHOLE_SMTP_FROM": ["keyhole", "a@b.example\tBcc: c@d.example"],
    "KEYHOLE_LISTEN": [
        "8470",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "host.example:80",
        "127.0.0.1:٨٠",
    ],
    "KEYHOLE_URL": [
        "keyhole.example",
        "ftp://keyhole.example",
        "https://user:pw@keyhole.example",
        "https://keyhole.example/below",
        "https://keyhole.example/?q",
        "javascript:alert(1)",
    ],
    "KEYHOLE_MAX_TOKEN_DAYS": ["-1", "1.5", "many", "99999", "1e3", "٣٠"],
    "KEYHOLE_DEFAULT_OWNER": ["-x", "a/b", "a b", "x" * 40],
    "KEYHOLE_DATA": ["relative/folder"],
    "KEYHOLE_REPOSITORIES": ["relative/folder"],
    "KEYHOLE_PROXIES": ["10.0.0.1/8", "proxy.example", "10.0.0.256"],
    "KEYHOLE_DATABASE_URL": ["mysql://x/y", "postgresql://host", "keyhole.sqlite3"],
    "KEYHOLE_ALLOW_PRIVATE_ADDRESSES": ["true", "1", "YES"],
    "KEYHOLE_MAX_TOKEN_DAY": ["7"],
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in NONSENSE.items() for text in texts]
)
def test_nonsense_stops_the_start_and_names_the_setting(tmp_path, name, text):
    said = load(tmp_path / "data", **{name: text})
    assert said.startswith("keyhole.core.errors.Misconfigured"), said
    assert name in said


@pytest.mark.parametrize("file", ["django.secret", "findings.secret", "keyhole.sqlite3"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666, 0o602])
def test_a_file_that_others_may_read_or_write_is_refused(tmp_path, file, mode):
    data = tmp_path / "data"
    load(data)
    (data / file).chmod(mode)
    said = load(data)
    assert "Misconfigured" in said
    assert f"chmod 600 {data / file}" in said


def test_a_used_data_folder_that_is_open_is_refused_and_an_empty_one_is_closed(tmp_path):
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    load(data)
    data.chmod(0o755)
    assert "chmod 700" in load(data)


def test_a_data_folder_that_cannot_be_one_is_told_in_a_sentence(tmp_path):
    file = tmp_path / "file"
    file.touch(mode=0o600)
    for place in (file, file / "data"):
        assert load(place).startswith(f"keyhole.settings.files.Unusable: {place} cannot be used: ")


def test_a_secret_that_cannot_be_written_whole_leaves_no_draft(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(Misconfigured, match=r"new\.secret cannot be used: No space left"):
        private_file(tmp_path / "new.secret", lambda: b"x")
    assert list(tmp_path.iterdir()) == []


def full_disk(descriptor):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("content", ["", "short", "z" * 64, "a" * 63 + "\n\n", "\udcff" * 64])
def test_a_damaged_secret_is_refused_and_never_made_anew(tmp_path, content):
    data = tmp_path / "data"
    load(data)
    (data / "django.secret").write_text(content, errors="surrogateescape")
    assert "Misconfigured" in load(data)
    assert (data / "django.secret").read_text(errors="surrogateescape") == content


def test_a_database_that_is_gone_is_not_begun_anew(tmp_path):
    data = tmp_path / "data"
    load(data)
    (data / "audit.head").write_text("1 x\n")
    (data / "keyhole.sqlite3").unlink()
    assert "missing" in load(data)
    assert not (data / "keyhole.sqlite3").exists()


def test_orchestrators_may_set_names_of_their_own(tmp_path):
    assert (
        load(tmp_path / "data", KEYHOLE_SERVICE_HOST="10.0.0.1", KEYHOLE_PORT_8470_TCP="x")
        == "'http://127.0.0.1:8470'"
    )


def test_a_password_of_the_database_is_not_in_the_refusal(tmp_path):
    said = load(tmp_path / "data", KEYHOLE_DATABASE_URL="mysql://keyhole:hunter2hunter2@db/keyhole")
    assert "hunter2" not in said


def test_keys_of_the_vault_are_secret_at_once_and_not_handed_on(tmp_path):
    key = "ab" * 32
    assert load(tmp_path / "data", "KEYHOLE_VAULT_KEYS", KEYHOLE_VAULT_KEYS=key) == "Secret(***)"
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import keyhole.settings, os; print(dict(os.environ), vars(keyhole.settings))",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        env={"KEYHOLE_DATA": str(tmp_path / "data"), "KEYHOLE_VAULT_KEYS": key},
        check=True,
    )
    assert key not in done.stdout + done.stderr


def test_the_password_for_mail_comes_from_a_closed_file_and_is_never_shown(tmp_path):
    data, file = tmp_path / "data", tmp_path / "password"
    assert load(data, "KEYHOLE_SMTP_PASSWORD") == "None"
    assert "cannot be read" in load(data, KEYHOLE_SMTP_PASSWORD_FILE=str(file))
    file.write_text("a password for mail\n")
    file.chmod(0o644)
    assert f"chmod 600 {file}" in load(data, KEYHOLE_SMTP_PASSWORD_FILE=str(file))
    file.chmod(0o600)
    assert load(data, "KEYHOLE_SMTP_PASSWORD", KEYHOLE_SMTP_PASSWORD_FILE=str(file)) == "Secret(***)"
    file.write_text("\n")
    assert "is empty" in load(data, KEYHOLE_SMTP_PASSWORD_FILE=str(file))

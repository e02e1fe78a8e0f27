"""Sealing: only who should can open it, and a changed file does not open at all."""

import pytest
from pyrage import x25519

from keyhole.backups import age
from keyhole.core.errors import BadCredentials, InvalidInput
from keyhole.core.secret import Secret

CONTENT = bytes(range(256)) * 1024
WORDS = age.Passphrase(Secret("several quiet words"))


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def pair(tmp_path):
    """A pair of keys: the public one as text, and the file with the private one."""
    made = x25519.Identity.generate()
    planted = tmp_path / "planted"
    planted.mkdir()
    file = planted / "key.txt"
    file.write_text(f"# created: today\n# public key: {made.to_public()}\n{made}\n")
    return str(made.to_public()), file


def test_a_passphrase_opens_what_it_sealed_and_no_other_does(source, tmp_path):
    age.encrypt(source, tmp_path / "sealed", WORDS)
    assert age.is_age(tmp_path / "sealed")
    assert (tmp_path / "sealed").stat().st_mode & 0o077 == 0
    age.decrypt(tmp_path / "sealed", tmp_path / "opened", WORDS)
    assert (tmp_path / "opened").read_bytes() == CONTENT
    assert (tmp_path / "opened").stat().st_mode & 0o077 == 0
    with pytest.raises(BadCredentials):
        age.decrypt(tmp_path / "sealed", tmp_path / "other", age.Passphrase(Secret("several quiet word")))


def test_each_recipient_opens_it_and_nobody_else(source, tmp_path, pair):
    public, file = pair
    second = x25519.Identity.generate()
    age.encrypt(source, tmp_path / "sealed", age.recipients([public, str(second.to_public())]))
    for number, lock in enumerate((age.identities(file), age.Identities((Secret(str(second)),)))):
        age.decrypt(tmp_path / "sealed", tmp_path / f"opened{number}", lock)
        assert (tmp_path / f"opened{number}").read_bytes() == CONTENT
    for number, lock in enumerate((WORDS, age.Identities((Secret(str(x25519.Identity.generate())),)))):
        with pytest.raises(BadCredentials):
            age.decrypt(tmp_path / "sealed", tmp_path / f"not{number}", lock)


def test_a_file_that_was_cut_or_changed_does_not_open(source, tmp_path, pair):
    public, file = pair
    age.encrypt(source, tmp_path / "sealed", age.recipients([public]))
    whole = (tmp_path / "sealed").read_bytes()
    lock = age.identities(file)
    places = [0, 30, 100, 180, 230, len(whole) // 2, len(whole) - 1]
    changed = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in places]
    # Also where a chunk of the stream ends, so that what is there is whole in itself.
    cuts = [whole[:length] for length in (0, 50, 300, 65_536 + 216, len(whole) - 1)]
    for number, content in enumerate(changed + cuts + [whole + b"x"]):
        (tmp_path / "broken").write_bytes(content)
        with pytest.raises(BadCredentials):
            age.decrypt(tmp_path / "broken", tmp_path / f"opened{number}", lock)


def test_nothing_is_written_over(source, tmp_path, pair):
    (tmp_path / "sealed").write_bytes(b"here first")
    with pytest.raises(FileExistsError):
        age.encrypt(source, tmp_path / "sealed", age.recipients([pair[0]]))
    assert (tmp_path / "sealed").read_bytes() == b"here first"


@pytest.mark.parametrize("text", ["", "age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1QQQ", "age1" + "q" * 58])
def test_what_is_no_public_key_is_named(text):
    with pytest.raises(InvalidInput) as refused:
        age.recipients([text])
    assert refused.value.field == "recipient"


@pytest.mark.parametrize("content", ["", "# nothing\n", "AGE-SECRET-KEY-1QQQ\n", "age1qqq\n"])
def test_a_file_without_a_private_key_is_refused_and_not_shown(tmp_path, content):
    (tmp_path / "key.txt").write_text(content)
    with pytest.raises(InvalidInput) as refused:
        age.identities(tmp_path / "key.txt")
    assert "QQQ" not in refused.value.message


def test_a_missing_or_binary_identity_file_is_refused(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    for path in (tmp_path / "none", tmp_path / "binary", tmp_path):
        with pytest.raises(InvalidInput, match="cannot be read"):
            age.identities(path)


def test_a_short_passphrase_is_refused():
    with pytest.raises(InvalidInput, match="12"):
        age.check_passphrase(Secret("elevenchars"))
    assert age.check_passphrase(Secret("twelve chars")).text.reveal() == "twelve chars"

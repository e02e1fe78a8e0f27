"""What a name says about its value: that it is a password, some other credential, or nothing."""

from __future__ import annotations

import functools
from enum import StrEnum

from keyhole.scanners.lazily import pattern


class Kind(StrEnum):
    """What the value of a name must be, if it is written out."""

    PASSWORD = "password"  # noqa: S105  # the word
    CREDENTIAL = "credential"
    KEY = "key"
    """Some key: a credential if its value leaves no doubt, as `audd_key` is and `cache_key` is not."""


_PART = pattern(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_PASSWORD = frozenset(
    """
dbpass passphrase passwd password passwords passwort pwd userpass userpassword
""".split()  # noqa: SIM905  # so many names
)
_CREDENTIAL = frozenset(
    """
accesskey accesstoken apikey apisecret apitoken appkey appsecret authkey authtoken clientsecret cred credential
credentials creds encryptionkey masterkey pat privatekey secret secretkey token
""".split()  # noqa: SIM905  # so many names
)
_OF_A_KEY = frozenset(
    """
access account admin aes api app application auth cipher client connection consumer crypt deploy encrypt encryption
function functions hmac host ingest instrumentation integration jwt license management master private product project
sdk secret security server service session shared sign signature signing storage subscription webhook write
""".split()  # noqa: SIM905  # so many names
)
_HAS_A_PASSWORD = frozenset(
    """
admin auth become bind database db default ftp imap ldap login mail mariadb mongo my mysql pg pop postgres proxy
rabbitmq redis root smtp sql ssh sudo user vpn
""".split()  # noqa: SIM905  # so many names
)
_NOT_A_TOKEN = frozenset(
    """
bad bos cache cancel cancellation change check cls continuation csrf css design disable enable end eos expired
foreign forgot has hash hide idempotency index invalid is lex lexer mask max min missing next no num old pad
page parse partition primary public publishable require requires reset sep show site sort special start stop
stylesheet sync syntax toggle type unique unk use uses validate verify wrong xsrf
""".split()  # noqa: SIM905  # so many names
)
_OTHER_KEYS = frozenset(
    """
column data dict entry gpg group item legend license locale lookup map message object partition pgp property query
react record row s setting shortcut ssh state storage sub test translation unit user value websocket
""".split()  # noqa: SIM905  # so many names
)
"""What a key that opens nothing belongs to, besides what `_NOT_A_TOKEN` names."""
_ENDS_SO = frozenset(
    "cachekey donkey hockey hotkey jockey keykey monkey primarykey publickey sitekey sortkey turkey whiskey".split()  # noqa: SIM905  # so many words
)
_PUBLIC = frozenset({("public", "key", "token"), ("application", "server", "key")})
"""What .NET calls the digest of a public key, and browsers the public key of who sends messages to them."""
_ABOUT = frozenset(
    """
alg algorithm arn array at attr attribute audience auth authentication authenticator authority board budget
builder button callback change changed char chars checksum class cmd code codes column command config confirm
confirmation cost count created date decoder desc description dialog dict digest dir disabled down enable
enabled encoder encoding endpoint env error errors event events exists expiration expire expires expiry factory
field fields file filename files fingerprint flow fn folder form format frame frames func function generated
generator grant handler hash hashed hasher hashes hashing header headers help hint icon id ids index info input
issuer iterations kind label len length less limit limits link list locator login lookup manager map mapping
mappings max maxlength message method min minlength modal mode model module msg name names node nodes object
objects options opts page pair pairs param params parser path paths pattern permissions placeholder plugin
policy prefix press prompt property provider ref regex regexp request required reset response result ring rotate
rotation rounds route salt schema scope scopes screen selector service set settings size source space spec state
status store str stream strength string suffix template test tests text thumbprint time title tree ttl type
types up updated uri url usage user username uuid valid validation validator validators var version view views
word words xpath
""".split()  # noqa: SIM905  # so many names
)


@functools.lru_cache(maxsize=4096)
def kind(name: str) -> Kind | None:
    """What the value of this name is; None if the name says nothing."""
    words = [part.lower() for part in _PART.findall(name.rpartition("--")[2]) if not part.isdigit()]
    for place in range(len(words) - 1, -1, -1):
        found = _of_word(words, place)
        if found is not None:
            before = words[place - 1] if place else ""
            if tuple(words[max(0, place - 2) : place + 1]) in _PUBLIC:
                return None
            about = any(word in _ABOUT for word in words[place + 1 :]) and not _is_a_token(
                before, words, place
            )
            return None if about or before in _NOT_A_TOKEN else found
    return None


def _is_a_token(before: str, words: list[str], place: int) -> bool:
    """Whether it is one of the names that say `id` and mean the token: Vault's root token, Consul's tokens."""
    return words[place + 1 :] == ["id"] and words[place] == "token" and before in {"acl", "root"}


def _of_word(words: list[str], place: int) -> Kind | None:
    word = words[place]
    if (
        word in _PASSWORD
        or word.endswith(("password", "passwd"))
        or (word in {"pass", "phrase", "pw", "word"} and _ends_password(words, place))
    ):
        return Kind.PASSWORD
    if word in _CREDENTIAL:
        return Kind.CREDENTIAL
    if word.endswith("apikey"):
        return Kind.CREDENTIAL
    before = words[place - 1] if place else ""
    if word == "key" and before in _OF_A_KEY:
        return Kind.CREDENTIAL
    if word.endswith("key") and word not in _ENDS_SO and before not in _OTHER_KEYS:
        return Kind.KEY
    if word == "auth" and place == len(words) - 1:
        return Kind.KEY
    return None


def _ends_password(words: list[str], place: int) -> bool:
    """Whether it is the last part of a password in several words: `db_pass`, `passPhrase`, `pass_word`."""
    before = words[place - 1] if place else ""
    if words[place] in {"pass", "pw"}:
        return before in _HAS_A_PASSWORD and place == len(words) - 1
    return before == "pass" and words[place] in {"phrase", "word"}

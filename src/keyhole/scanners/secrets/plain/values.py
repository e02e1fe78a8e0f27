"""What a value is, when it is not the secret itself: a reference, a template, a placeholder, words."""

from __future__ import annotations

import binascii
import re
from collections import Counter

from keyhole.scanners.lazily import pattern
from keyhole.scanners.secrets.checks import entropy, made_up
from keyhole.scanners.secrets.plain.model import surprise

_REFERS = pattern(
    rb"\$[A-Za-z_]|[<\[{(@].*[>\]})@]$|<[^\w]|__\w+__$|@[\w.]+@?$|:\w+$|%s$|!\w|&\w+$|\*\w+$"  # templates and variables
    rb"|ENC[\[(]|vault:|ssm:|op://|arn:|projects/|secrets?[.:/]|env[.:(]|file:|data:|\\u[0-9a-f]{4}"  # places
)
"""How what refers to something begins, and `_REFERENCE` what stands in it anywhere."""
# Each begins with a character of its own: so most texts are passed over without a try at each place.
_REFERENCE = pattern(
    rb"\$[({$]|\{\{|\}\}|%[({]|%[A-Za-z_]+%|#\{|<%|%>|>$"  # templates and variables
    rb"|\[[^\]]*\][{+*]|\{[0-9,]+\}|\\[wdsnrt0x]"  # patterns
    rb"|process\.env|os\.environ|getenv|ENV\["
)
_CODE = pattern(
    rb"^[A-Za-z_]\w*(?:(?:\.|->|::|\?\.)\w+)+$"
    rb"|^(?:self|this|cls|args|opts?|config|settings|request|req|params)\b"
)
_EXPRESSION = pattern(
    rb"^[A-Za-z_][\w.]*\([^()]*\)(?:[\w.]*\([^()]*\))*[\w.]*[;,]?$"  # calls
    rb"|^\w+(?:[|,;]\w+){2,}$|^(?=[^:=]*[:=])\w+(?:[:=][\w.-]*)?(?:[|,;]\w+(?:[:=][\w.-]*)?)+$"  # lists
)
"""Words as code and settings join them."""
_CALL = pattern(rb"[\w.]+(?:\(.*\)|\[.*\])[,;]?$")
_MARK = pattern(rb"[(){}<>\[\]|;,?=]")
_GOES_ON = pattern(rb"[)\]}]+[,;.:]|[,;][A-Za-z_$][\w$.]*[=(\[]")
"""How code goes on behind a text with the name in it, such as a question: `"New password: "),n=`."""
_PAIRS = pattern(rb"^\??[\w.-]+=[^=&;,]*(?:[&;,][\w.-]+=[^=&;,]*)+[&;,]?$|^[\w(),]*=>")
"""Parameters with their values, and what becomes of some."""
_IDENTIFIER = pattern(rb"^_*[A-Za-z][A-Za-z]*(?:[_-]+[A-Za-z]+)*_*$")
_PATH = pattern(rb"~/|\.{1,2}/|/[\w.-]+$|[A-Za-z]:\\|\w+\\\w+\\")
_ENDS_AS_NAME = pattern(
    rb"\.(?:pem|key|crt|cer|json|ya?ml|txt|ini|conf|cfg|env|html?|js|ts|css|py|rb|go|java|php|md|png|svg|gpg|asc"
    rb"|pub|jks|p12|pfx|com|org|net|io)$",
    re.IGNORECASE,
)
"""Of a file or a host."""
_SLASHES = pattern(rb"^/[\w.-]|^\w+/\w+/")
"""A path, or base64: words tell them apart."""
_MAIL = pattern(rb"^[\w.+-]+@[\w-]+\.[\w.]+$")
_NUMBER = pattern(rb"^[-+]?[0-9.,:_xTZ/ -]+(?:[smhd]|ms|px|em|%)?$")
_DIGEST_OF = pattern(
    rb"^(?:sha\d{1,3}|md5|bcrypt|argon2\w*|pbkdf2\w*|scrypt)[-:$]|^\$(?:2[aby]|1|5|6|y|argon2\w*)\$"
    rb"|^\{(?:SHA|SSHA|CRYPT|MD5)"
)
_PUBLIC = pattern(
    rb"^(?:ssh-(?:rsa|ed25519|dss)|ecdsa-|AAAA[BCE]3Nza|-----BEGIN (?:PUBLIC|CERT)|MII[A-D]"
    rb"|Eby8vdM02xNOcqFl)"  # the key of every Azurite, which its manual tells
)
_HEX = pattern(rb"^(?:0x)?[0-9a-fA-F]+$")
_UUID = pattern(rb"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")
_LABELLED = pattern(
    rb"^(?:[0-9A-Za-z]{1,10}[-_.]){1,3}?([0-9a-fA-F]{24,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"
)
_PHRASE = pattern(rb"[A-Za-z,.!'-]+(?: [A-Za-z,.!'-]+)+")
_PERCENT = pattern(rb"%[0-9A-F]{2}")
_WORDS = frozenset(
    b"""
abc abcd access accesstoken admin administrator ansible anything api apikey apitoken asdf asdfasdf asdfgh auth
authtoken bad bar basic baz bearer blah blahblah change changeit changeme client correct currentpassword default
demo dev development devkey digest docker dragon dummy elastic empty encryption enter example fake false fixme
foo foobar foobarbaz good grafana guest hello helloworld here hidden hunter iloveyou incorrect insecure insert
invalid ipsum jenkins jwt key keycloak letmein local localhost login lorem mariadb masked master minio
minioadmin mock mongo mongodb monkey mykey mypassword mysecret mysql mytoken new newpass newpassword nil no none
not notapassword notasecret null oauth old oldpassword optional oracle other p4ssw0rd p@ssw0rd pa55w0rd pa55word pass
passphrase passw0rd passwd password password123 placeholder postgres postgresql private prod production public
pwd qux qwerty rabbitmq redacted redis refresh removed replace replaceme required root s3cr3t s3cret sample
secr3t secret secretkey secure server session signin signing something staging string stub sunshine supersecret
swordfish tbd test tester testing tests text thisisasecret todo token topsecret true undefined unknown unset
user username vagrant valid value verysecret welcome whatever world wrong wrongpassword xyz yes your
yourpassword yoursecret yourtoken zxcvbn
""".split()
)
_DIGIT = ord("0")
_CLASSES = bytes(
    ord("a") if 97 <= byte <= 122 else ord("A") if 65 <= byte <= 90 else _DIGIT if 48 <= byte <= 57 else 0
    for byte in range(256)
)
"""One byte for each class of characters."""
_SPLIT = pattern(rb"[^A-Za-z@]+")
_REPEATS = pattern(rb"(.)\1{5,}|^(.{1,4})\2{2,}$")
_RUN = pattern(rb"(.)\1{3,}")
_SHORT = 24  # characters; among more of them, four in a row may be the same by chance
_RUNS = (b"0123456789", b"9876543210", b"abcdefghijklmnopqrstuvwxyz", b"qwertyuiop", b"asdfghjkl")
_FEWEST_IN_ORDER = 4
_IN_ORDER = {
    run[start : start + _FEWEST_IN_ORDER]: run
    for run in _RUNS
    for start in range(len(run) - _FEWEST_IN_ORDER + 1)
}
_THREE_IN_ORDER = frozenset(four[at : at + 3] for four in _IN_ORDER for at in range(2))
_NO_WORDS = 6.5
"""Oddity that no path and no expression has."""
_WORDS_BETWEEN = 5.0
"""Oddity that words do not have with what stands between them in code."""
_FEWEST_KINDS = 4
_WORD = 3
_LEAST_ENTROPY = 3.0
_MOST_OFTEN = 3  # a third of all


def points_elsewhere(value: bytes, quoted: bool, rest: bytes) -> bool:
    """Whether the value only says where the secret comes from, or is code that makes it."""
    if _REFERS.match(value) or _REFERENCE.search(value) or _MAIL.match(value):
        return True
    if b"://" in value or _PATH.match(value) or _ENDS_AS_NAME.search(value):
        return True
    if _SLASHES.match(value):
        return surprise(value) < _NO_WORDS
    if _MARK.search(value) and _is_code(value, quoted):
        return True
    if quoted:
        return False
    if rest[:1] in (b"(", b"[", b"{"):
        return True
    return _CODE.match(value) is not None and surprise(value) < _NO_WORDS


def _is_code(value: bytes, quoted: bool) -> bool:
    """Whether something with marks that code is written with is code, a list or a template."""
    if _PAIRS.match(value) or _GOES_ON.match(value) or (not quoted and _CALL.match(value)):
        return True
    odd = surprise(value)
    if value.startswith(b"<"):
        return odd < _NO_WORDS
    return odd < _WORDS_BETWEEN and (not quoted or _EXPRESSION.match(value) is not None)


def no_secret(value: bytes, name: bytes) -> bool:
    """Whether the value is a placeholder, a word, a number, a digest, or the public half of something."""
    lower = value.lower()
    return (
        _NUMBER.match(value) is not None
        or _DIGEST_OF.match(value) is not None
        or _PUBLIC.match(value) is not None
        or _REPEATS.search(value) is not None
        or (len(value) < _SHORT and _RUN.search(value) is not None)
        or made_up(value)
        or len(set(value)) < _FEWEST_KINDS
        or len(_PERCENT.findall(value)) > 1
        or _only_known_words(lower)
        or _encodes_words(value)
        or _in_order(lower)
        or lower in name.lower()
    )


def _only_known_words(lower: bytes) -> bool:
    if lower.strip(b"0123456789!._-#@$") in _WORDS:
        return True
    parts = [part for part in _SPLIT.split(lower) if part]
    if len(parts) == 1 and _is_joined(parts[0]):
        return True
    known = sum(len(part) for part in parts if part in _WORDS)
    return known * 2 >= len(lower) and all(part in _WORDS or len(part) < _WORD for part in parts)


def _is_joined(lower: bytes) -> bool:
    """Whether it is two of the words, one behind the other: `testpassword`."""
    return any(
        lower[:cut] in _WORDS and lower[cut:] in _WORDS for cut in range(_WORD, len(lower) - _WORD + 1)
    )


def _encodes_words(value: bytes) -> bool:
    """Whether it is base64 of several words, as the examples of programs that take base64 are."""
    try:
        decoded = binascii.a2b_base64(value, strict_mode=True)
    except (binascii.Error, ValueError):
        return False
    return _PHRASE.fullmatch(decoded) is not None


def _in_order(lower: bytes) -> bool:
    """Whether half of it or more is keys or letters in their order."""
    # No pattern: one of all parts of these runs takes longer to compile than a small repository to scan.
    # Of four in a row three begin at an even place, so that where none do no four have to be looked at.
    if _THREE_IN_ORDER.isdisjoint([lower[start : start + 3] for start in range(0, len(lower) - 2, 2)]):
        return False
    ordered = end = 0
    run: bytes | None = None
    for start in range(len(lower) - _FEWEST_IN_ORDER + 1):
        stop = start + _FEWEST_IN_ORDER
        found = _IN_ORDER.get(lower[start:stop])
        if found is None or (found is not run and start < end):
            continue
        ordered += stop - max(start, end)
        run, end = found, stop
    return 2 * ordered >= len(lower) and ordered > 0


def is_identifier(value: bytes) -> bool:
    """Whether it could be a name in a program: letters with separators, no digit and nothing else."""
    return _IDENTIFIER.match(value) is not None


def is_hex(value: bytes) -> bool:
    """Whether it is hexadecimal digits, a UUID included."""
    return _HEX.match(value) is not None or _UUID.match(value) is not None


def random_hex(value: bytes) -> bool:
    """Whether hexadecimal digits are spread as in random ones."""
    digits = value.replace(b"-", b"")
    return entropy(digits) >= 3.0 and max(Counter(digits).values()) <= len(digits) // 3


def has_digit(value: bytes) -> bool:
    """Whether there is a digit in it."""
    return _DIGIT in value.translate(_CLASSES)


def labelled_hex(value: bytes) -> bool:
    """Whether it is a short name and random hexadecimal digits, as in `T-55a6...` and `vendor_live_9f27...`."""
    found = _LABELLED.match(value)
    return found is not None and is_hex(found[1]) and random_hex(found[1])


def classes(value: bytes) -> int:
    """How many of lower case, upper case, digits and other characters it has."""
    return len(set(value.translate(_CLASSES)))


def oddity(value: bytes) -> float:
    """How little it looks like words, in bits per character."""
    return surprise(value)

"""A text that looks like what repositories hold, made by a fixed seed: what rules are measured against.

It has prose, code, configuration, lock files, digests, addresses, minified scripts and base64, and not one secret: what
a rule finds in it is false, and what its fast pass stops at is wasted.
"""

from __future__ import annotations

import functools
import random
import uuid
from collections.abc import Callable

SIZE = 2 << 20
"""Bytes."""

_WORDS = """
account action address agent allow amount answer apply archive argument array async await backend balance base
batch begin block body bool branch buffer build bundle button bytes cache call cancel case catch change channel
check class client clock close cluster code collect column command commit config connect const content context
copy core count create current cursor data date debug default define delete deploy depth device digest docker
document domain done driver element empty enable encode engine entry enum error event except export extend fail
false field file filter final find first flag float folder font for format forward frame from function future
gateway general get global graph group handle hash head header height hidden host html http image import include
index info init inner input insert install instance int interface internal issue item iterate join json kernel
key kind label lambda language last layer layout length level library limit line link list load local lock
logger loop machine main manage map mark match merge message method metric mode model module mount move name
network next node none normal notify null number object offset open option order output owner package page panel
parent parse part password path pattern payload person pipeline place plain plugin point policy port position
prefix print private process profile project promise property protocol provider public pull push query queue
raise range read record redirect region register release remote remove render report request reset resolve
resource response result return role root route rule run sample schema scope script search secret section select
self send server service session set shape share shell show signal size socket sort source space stack stage
start state static status step stop store stream string strip style submit suffix switch symbol sync system
table tag target task template test text theme thread time title token topic total trace track transfer true
type union unique unit update upload user utf value variable vector verify version view visible wait warning
watch web width window with worker write yield zone
""".split()  # noqa: SIM905  # a list of so many would take as many lines
_COMMON = """
the of and to a in is it that for not on with be as this are by at or you from have if an they which one we all there
can more when has will would no what so out up about who into them only other than then some could these two may first
any its my now such like our over me even most made after also did many before must through back where much your way
well down should because each just those people how too little good very make still own see men work long get here
between both life being under never day same another know while last might us great old year off come since against go
came right used take three
""".split()  # noqa: SIM905
"""The commonest words of English, the commonest first: half of every page that people write."""
_RARER = [1 / rank for rank in range(3, len(_COMMON) + 3)]
_HEX = "0123456789abcdef"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


@functools.cache
def text(size: int = SIZE) -> bytes:
    """The corpus. The same at every call, on every machine."""
    # Not a secret: everybody is to measure against the same text.
    draw = random.Random(20)  # noqa: S311
    lines: list[str] = []
    length = 0
    while length < size:
        lines.append(draw.choices(_KINDS, _WEIGHTS)[0](draw))
        length += len(lines[-1]) + 1
    return "\n".join(lines).encode()[:size]


def _words(draw: random.Random, joined: str, least: int, most: int) -> str:
    return joined.join(draw.choices(_WORDS, k=draw.randint(least, most)))


def _name(draw: random.Random) -> str:
    words = draw.choices(_WORDS, k=draw.randint(1, 3))
    style = draw.randrange(4)
    if style == 0:
        return words[0] + "".join(word.title() for word in words[1:])
    return ("_" if style < 3 else "-").join(words).upper() if style == 2 else "_".join(words)


def _hex(draw: random.Random, length: int) -> str:
    return "".join(draw.choices(_HEX, k=length))


def _prose(draw: random.Random) -> str:
    return f"# {_words(draw, ' ', 6, 14).capitalize()}."


def _sentence(draw: random.Random) -> str:
    common = draw.choices(_COMMON, _RARER, k=draw.randint(6, 14))
    words = [word for each in common for word in (each, *draw.choices(_WORDS, k=draw.randrange(2)))]
    half = draw.randrange(len(words))
    return f"{' '.join(words[: half + 1]).capitalize()}, {' '.join(words[half + 1 :]) or 'too'}."


def _code(draw: random.Random) -> str:
    indent = " " * draw.choice((0, 4, 8, 12))
    call = f"{_name(draw)}.{_name(draw)}({_name(draw)}, {_name(draw)}={_name(draw)})"
    return indent + draw.choice(
        (
            f"{_name(draw)} = {call}",
            f"if {call}:",
            f"return {call};",
            f"def {_name(draw)}({_name(draw)}: str) -> None:",
        )
    )


def _setting(draw: random.Random) -> str:
    value = draw.choice(
        (
            _name(draw),
            str(draw.randrange(100000)),
            f"${{{_name(draw).upper()}}}",
            f'"{_words(draw, " ", 1, 3)}"',
        )
    )
    return draw.choice(
        (f"{_name(draw)}: {value}", f"{_name(draw).upper()}={value}", f'  "{_name(draw)}": "{_name(draw)}",')
    )


def _locked(draw: random.Random) -> str:
    digest = "".join(draw.choices(_BASE64, k=86))
    return draw.choice(
        (
            f'      "integrity": "sha512-{digest}==",',
            f"    --hash=sha256:{_hex(draw, 64)} \\",
            f"commit {_hex(draw, 40)}",
        )
    )


def _address(draw: random.Random) -> str:
    where = f"{_words(draw, '.', 2, 3)}.com/{_words(draw, '/', 1, 4)}?{_name(draw)}={draw.randrange(10**6)}"
    return f"See https://{where} for {_name(draw)}"


def _identity(draw: random.Random) -> str:
    return f'"id": "{uuid.UUID(int=draw.getrandbits(128), version=4)}", "count": {draw.random()}'


def _minified(draw: random.Random) -> str:
    letters = draw.choices(_BASE64[:52], k=120)
    pairs = zip(letters[::2], letters[1::2], strict=True)
    return ";".join(f"{one}={other}.{_name(draw)}({draw.randrange(999)})" for one, other in pairs)


def _image(draw: random.Random) -> str:
    return "data:image/png;base64," + "".join(draw.choices(_BASE64, k=400))


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    _prose, _sentence, _code, _setting, _locked, _address, _identity, _minified, _image,
)  # fmt: skip
_WEIGHTS = (10, 10, 40, 20, 6, 5, 5, 2, 1)

"""Archives made to measure, and all that is read in one."""

from __future__ import annotations

import io
import tarfile
import zipfile

from keyhole.scanners.archives import is_archive, unpacked
from keyhole.scanners.archives.budget import Member, NotOpened
from keyhole.scanners.limits import Limits

FILES = {"a.txt": b"one", "folder/b.txt": b"two" * 1000}
INSIDE = {name.encode(): content for name, content in FILES.items()}
GROWS = "an archive that grows more than 250 times was read in part"


def zipped(files, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(files, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def read(content, **limits):
    """Contents by path, without those that are archives themselves; then what was not opened."""
    assert is_archive(content)
    items = list(unpacked(content, Limits(**limits)))
    texts = {each.path: each.text for each in items if isinstance(each, Member) and not is_archive(each.text)}
    return texts, [(each.reason, each.is_limit) for each in items if isinstance(each, NotOpened)]

"""Archives. GitHub answers with a redirect to a signed address that needs no token; that address would be a second
credential, so ours leads back here, to the commit that the ref named, and asks for the token again.
"""

from __future__ import annotations

import re

from keyhole.gateway.http import Response
from keyhole.gateway.rest.answers import as_text
from keyhole.gateway.rest.context import Context
from keyhole.gateway.rest.gitread import archives, refs
from keyhole.gateway.rest.problems import not_found
from keyhole.gateway.rest.registry import reads

_DIRECT = "download"


@reads("repos/download-tarball-archive")
async def tarball(ctx: Context) -> Response:
    """A `.tar.gz` of a ref; the default branch without one."""
    return await _archive(ctx, "tarball", "tar.gz", "application/x-gzip")


@reads("repos/download-zipball-archive")
async def zipball(ctx: Context) -> Response:
    """A `.zip` of a ref."""
    return await _archive(ctx, "zipball", "zip", "application/zip")


async def _archive(ctx: Context, word: str, kind: str, media_type: str) -> Response:
    commit = await refs.resolve(ctx.git_dir, ctx.params["ref"] or "HEAD")
    if commit is None:
        raise not_found()
    if ctx.query.get(_DIRECT) != "1":
        location = f"{ctx.links.api}/repositories/{ctx.repository.pk}/{word}/{commit.oid}?{_DIRECT}=1"
        return as_text(b"", "text/html; charset=utf-8", 302, Location=location)
    folder = re.sub(
        r"[^A-Za-z0-9._-]", "-", f"{ctx.repository.owner.login}-{ctx.repository.name}-{commit.oid[:7]}"
    )
    filters = await archives.configured_filters(ctx.git_dir)
    return as_text(
        archives.archive(ctx.git_dir, kind, commit.oid, folder, filters),
        media_type,
        Content_Disposition=f"attachment; filename={folder}.{kind}",
    )

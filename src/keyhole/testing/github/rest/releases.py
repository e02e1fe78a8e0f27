"""Releases: by number the general way; the newest, and by tag, here."""

from __future__ import annotations

from typing import Any

from keyhole.core.refs import is_well_formed
from keyhole.testing.github import code, gitdata, kept
from keyhole.testing.github.answers import Answer, Listed, Problem, invalid, items, not_found
from keyhole.testing.github.call import Call
from keyhole.testing.github.registry import answers


@answers("repos/list-releases")
def releases(call: Call) -> Listed:
    """Newest first."""
    return items(list(reversed(kept.collection(call, "releases").values())))


@answers("repos/create-release")
def create(call: Call) -> Answer:
    """A release of a tag, which is made if it is not there."""
    tag = str(call.body["tag_name"])
    if not is_well_formed(f"refs/tags/{tag}"):
        raise invalid("Release", "tag_name", "invalid")
    if any(each["tag_name"] == tag for each in kept.collection(call, "releases").values()):
        errors = [{"resource": "Release", "code": "already_exists", "field": "tag_name"}]
        raise Problem(422, "Validation Failed", errors=errors)
    target = str(call.body.get("target_commitish") or call.repository.default_branch)
    if not call.body.get("draft") and gitdata.resolve(call.repository.git_dir, f"refs/tags/{tag}") is None:
        gitdata.move_ref(call.repository.git_dir, f"refs/tags/{tag}", code.tip(call, target))
        code.pushed(call)
    made = kept.born(call, "Release")
    at = f"{call.here.api}/releases/{made['id']}"
    uploads = at.replace("/api/v3/", "/api/uploads/")
    made |= {
        "url": at,
        "assets_url": f"{at}/assets",
        "upload_url": f"{uploads}/assets{{?name,label}}",
        "html_url": f"{call.here.html}/releases/tag/{tag}",
        "author": kept.author(call),
        "tag_name": tag,
        "target_commitish": target,
        "name": call.body.get("name"),
        "body": call.body.get("body"),
        "draft": bool(call.body.get("draft")),
        "prerelease": bool(call.body.get("prerelease")),
        "published_at": None if call.body.get("draft") else made["created_at"],
        "assets": [],
        "tarball_url": f"{call.here.api}/tarball/{tag}",
        "zipball_url": f"{call.here.api}/zipball/{tag}",
    }
    kept.collection(call, "releases")[made["id"]] = made
    return Answer(201, made, {"Location": at})


@answers("repos/get-release")
def get(call: Call) -> dict[str, Any]:
    """By number."""
    return kept.one(call, "releases", "release_id")


@answers("repos/get-latest-release", "repos/get-release-by-tag")
def find(call: Call) -> dict[str, Any]:
    """The newest that is out, or that of a tag."""
    for each in reversed(kept.collection(call, "releases").values()):
        wanted = call.route.params.get("tag", each["tag_name"])
        if not each["draft"] and each["tag_name"] == wanted:
            return each
    raise not_found()


@answers("repos/update-release")
def update(call: Call) -> dict[str, Any]:
    """Name, text, draft or not."""
    found = kept.one(call, "releases", "release_id")
    return kept.changed(call, found, "name", "body", "draft", "prerelease", "tag_name", "target_commitish")


@answers("repos/delete-release")
def delete(call: Call) -> None:
    """The tag stays."""
    del kept.collection(call, "releases")[kept.one(call, "releases", "release_id")["id"]]


@answers("repos/list-release-assets")
def assets(call: Call) -> Listed:
    """Files of a release."""
    return items(kept.one(call, "releases", "release_id")["assets"])


@answers("repos/upload-release-asset")
def upload(call: Call) -> Answer:
    """A file, sent as it is."""
    found = kept.one(call, "releases", "release_id")
    name = call.query.get("name", "")
    if not name or any(each["name"] == name for each in found["assets"]):
        code_ = "already_exists" if name else "missing_field"
        raise Problem(
            422, "Validation Failed", errors=[{"resource": "ReleaseAsset", "code": code_, "field": "name"}]
        )
    made = kept.born(call, "ReleaseAsset") | {
        "url": f"{call.here.api}/releases/assets/{found['id']}",
        "browser_download_url": f"{call.here.html}/releases/download/{found['tag_name']}/{name}",
        "name": name,
        "label": call.query.get("label", ""),
        "state": "uploaded",
        "content_type": call.headers.get("content-type", "application/octet-stream"),
        "size": len(call.raw),
        "download_count": 0,
        "uploader": kept.author(call),
    }
    found["assets"].append(made)
    return Answer(201, made)

"""How every git process of Keyhole is started: the argument prefix and the environment, nothing run here.

A repository's own `config` is written by whoever made the repository, yet git always reads it. Most settings
can be outvoted on the command line; those that name their driver freely (`filter.NAME.smudge`, `diff.NAME.*`,
`merge.NAME.driver`) cannot, so commands that would run such drivers are not in the list of allowed ones.
Source: git-config(1), git(1) "Environment Variables", gitattributes(5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

TYPE_CHECKING = False  # not from typing: that takes as long to import as all else before a scan is started
if TYPE_CHECKING:
    from typing import Protocol

    class PathLike(Protocol):
        """A `pathlib.Path`, said without importing it: the core does no I/O."""

        def __fspath__(self) -> str: ...


GIT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:/opt/homebrew/bin"
"""Where git and its helpers are looked up; a constant, so that no inherited PATH decides what runs."""

ALLOWED_COMMANDS = frozenset(
    {
        "archive",
        "bundle",
        "cat-file",
        "check-ref-format",
        "clone",
        "commit-tree",
        "config",
        "count-objects",
        "diff",
        "diff-tree",
        "fetch",
        "for-each-ref",
        "fsck",
        "hash-object",
        "index-pack",
        "init",
        "log",
        "ls-remote",
        "ls-tree",
        "merge-base",
        "mktree",
        "name-rev",
        "pack-objects",
        "pack-refs",
        "read-tree",
        "receive-pack",
        "rev-list",
        "rev-parse",
        "show",
        "show-ref",
        "symbolic-ref",
        "unpack-objects",
        "update-index",
        "update-ref",
        "update-server-info",
        "upload-pack",
        "var",
        "verify-pack",
        "version",
        "write-tree",
    }
)
"""Commands that convert nothing through configured drivers. `archive` needs `filters`, see `git_argv`.

`gc`, `repack` and `prune` are absent: they run the repository's `gc.recentObjectsHook`."""

_PATCH_COMMANDS = frozenset({"diff", "diff-tree", "log", "show"})

# uploadpack.packObjectsHook is absent on purpose: git takes it from system, user and command-line settings
# only, never from the repository, and an empty value there makes upload-pack try to run "".
SAFE_CONFIG: Mapping[str, str] = MappingProxyType(
    {
        "safe.bareRepository": "explicit",
        "core.fsmonitor": "false",
        "core.hooksPath": "/dev/null",
        "core.attributesFile": "/dev/null",
        "core.excludesFile": "/dev/null",
        "core.sshCommand": "false",
        "core.gitProxy": "none",
        "core.askPass": "false",
        "core.editor": "false",
        "core.pager": "cat",
        "core.alternateRefsCommand": "true",
        "core.protectHFS": "true",
        "core.protectNTFS": "true",
        "credential.helper": "",
        "gpg.program": "false",
        "gpg.openpgp.program": "false",
        "gpg.x509.program": "false",
        "gpg.ssh.program": "false",
        "gpg.ssh.defaultKeyCommand": "false",
        "log.showSignature": "false",
        "protocol.allow": "never",
        "submodule.recurse": "false",
        "fetch.recurseSubmodules": "false",
        "tar.tgz.command": "gzip -cn",
        "tar.tar.gz.command": "gzip -cn",
        "gc.auto": "0",
        "maintenance.auto": "false",
        "receive.autogc": "false",
        "receive.denyCurrentBranch": "refuse",
        "advice.graftFileDeprecated": "false",
    }
)
"""Settings that outvote the repository's own. `receive.denyCurrentBranch` stops `updateInstead`, which would
check files out; the `gc` and `maintenance` ones stop background processes in other people's repositories."""


def git_argv(
    git_dir: PathLike | str | None,
    *args: str,
    config: Mapping[str, str] = MappingProxyType({}),
    filters: Collection[str] | None = None,
) -> list[str]:
    """The whole argument list of a git process: hardened prefix, then `args` (the command comes first).

    `git_dir`: the bare repository, or the `.git` of a working one; None for `init`, `clone`, `version`.
    `config`: settings of ours that must win over the safe ones, such as a hooks folder of our own.
    `filters`: every NAME for which the repository configures `filter.NAME.*`; each is switched off. Required
    by `archive`, which would otherwise run them; list them with `config --local --name-only --get-regexp`.

    Raises ValueError for a command that is not in `ALLOWED_COMMANDS`, or `archive` without `filters`.
    """
    if not args or args[0] not in ALLOWED_COMMANDS:
        raise ValueError(f"git command not allowed here: {args[0] if args else '(none)'}")
    if args[0] == "archive" and filters is None:
        raise ValueError("git archive runs configured filters: name them in `filters` to switch them off")
    if {"--textconv", "--filters", "--ext-diff"} & set(args):
        raise ValueError("options that run configured drivers are not allowed")
    settings = {**SAFE_CONFIG, **_filters_off(filters or ()), **config}
    prefix = ["git", "--no-pager", "--literal-pathspecs"]
    if git_dir is not None:
        prefix += [f"--git-dir={git_dir}", "-c", "safe.directory=", "-c", f"safe.directory={git_dir}"]
    for name, value in settings.items():
        prefix += ["-c", f"{name}={value}"]
    drivers_off = ["--no-ext-diff", "--no-textconv"] if args[0] in _PATCH_COMMANDS else []
    return [*prefix, args[0], *drivers_off, *args[1:]]


def git_env(*, allow_protocols: Collection[str] = ()) -> dict[str, str]:
    """The whole environment of a git process; nothing is inherited.

    `allow_protocols`: transports git may use (`https` for an import). The variable outvotes every
    `protocol.NAME.allow` of the repository, which the `-c protocol.allow=never` alone would not.
    """
    return {
        "PATH": GIT_PATH,
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": "/dev/null",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": ":".join(sorted(allow_protocols)),
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "false",
        "GIT_SSH_COMMAND": "false",
        "GIT_EDITOR": "false",
    }


def _filters_off(names: Collection[str]) -> dict[str, str]:
    return {
        f"filter.{name}.{key}": "false" if key == "required" else ""
        for name in names
        for key in ("clean", "smudge", "process", "required")
    }

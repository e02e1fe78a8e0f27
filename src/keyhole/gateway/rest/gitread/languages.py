"""Languages of a tree, by file extension. No content is read, so it is an estimate and says so in the docs."""

from __future__ import annotations

from collections import Counter, OrderedDict
from pathlib import Path, PurePosixPath

from keyhole.gateway.rest.gitread.trees import list_tree

_EXTENSIONS = {
    "Assembly": "asm s",
    "C": "c h",
    "C#": "cs",
    "C++": "cc cpp cxx hh hpp",
    "CSS": "css",
    "Clojure": "clj cljs",
    "Dart": "dart",
    "Elixir": "ex exs",
    "Erlang": "erl hrl",
    "F#": "fs fsx",
    "Go": "go",
    "Groovy": "groovy",
    "HCL": "tf hcl",
    "HTML": "html htm",
    "Haskell": "hs",
    "Java": "java",
    "JavaScript": "js jsx mjs cjs",
    "Julia": "jl",
    "Kotlin": "kt kts",
    "Less": "less",
    "Lua": "lua",
    "Nix": "nix",
    "OCaml": "ml mli",
    "Objective-C": "m mm",
    "PHP": "php",
    "Perl": "pl pm",
    "PowerShell": "ps1 psm1",
    "Python": "py pyi pyx",
    "R": "r",
    "Ruby": "rb rake",
    "Rust": "rs",
    "SCSS": "scss",
    "Scala": "scala",
    "Shell": "sh bash zsh",
    "Swift": "swift",
    "Svelte": "svelte",
    "TypeScript": "ts tsx mts cts",
    "Vue": "vue",
    "Zig": "zig",
}
_NAMES = {
    "dockerfile": "Dockerfile",
    "makefile": "Makefile",
    "gnumakefile": "Makefile",
    "cmakelists.txt": "CMake",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
}
_LANGUAGE_OF = {extension: language for language, list_ in _EXTENSIONS.items() for extension in list_.split()}
_VENDORED = frozenset({"node_modules", "vendor", "third_party", "bower_components", "dist"})
_KEPT = 256
_known: OrderedDict[tuple[str, str], dict[str, int]] = OrderedDict()


async def bytes_by_language(git_dir: Path, tree: str) -> dict[str, int]:
    """Language -> bytes, most first. A tree never changes, so what was counted once is kept."""
    key = (str(git_dir), tree)
    if key not in _known:
        counts: Counter[str] = Counter()
        for entry in (await list_tree(git_dir, tree, recursive=True)).entries:
            path = PurePosixPath(entry.path)
            language = language_of(path.name) if entry.mode.startswith("100") else None
            if language is not None and not _VENDORED & set(path.parts):
                counts[language] += entry.size or 0
        _known[key] = dict(counts.most_common())
        while len(_known) > _KEPT:
            _known.popitem(last=False)
    return _known[key]


def language_of(name: str) -> str | None:
    """The language that a file of this name is usually written in; None for data, prose and the unknown."""
    lower = name.lower()
    return _NAMES.get(lower) or _LANGUAGE_OF.get(lower.rpartition(".")[2] if "." in lower else "")

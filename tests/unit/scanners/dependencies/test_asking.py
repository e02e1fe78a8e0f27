"""What manifests ask for, as far as it can be told without running them."""

from __future__ import annotations

import pytest

from keyhole.scanners.dependencies import asking
from keyhole.scanners.dependencies.asking import SOMETHING


@pytest.mark.parametrize(
    ("look", "text", "names"),
    [
        (asking.by_bundler, "gem 'rails', '~> 7'\ngem 'own', path: 'x'\n# gem 'not'\n", {"rails"}),
        (asking.by_bundler, "source 'https://rubygems.org'\ngemspec\n", {SOMETHING}),
        (asking.by_mix, 'defp deps do\n [{:plug, "~> 1.0"}, {:own, path: "x"}]\n', {"plug"}),
        (asking.by_pub, "dependencies:\n  http: ^1.0\n  flutter:\n    sdk: flutter\n", {"http"}),
        (asking.by_setup, "setup(install_requires=['flask[async]>=1', \"attrs\"])", {"flask", "attrs"}),
        (asking.by_setup, "setup(install_requires=read())", {SOMETHING}),
        (asking.by_setup, "setup(name='tide')", set()),
        (
            asking.by_setup_settings,
            "[options]\ninstall_requires =\n  flask>=1\n  attrs\nzip_safe = no\n",
            {"flask", "attrs"},
        ),
        (asking.by_setup_settings, "[options]\ninstall_requires = file: r.txt\n", {SOMETHING}),
        (asking.by_conda, "dependencies:\n  - python=3.11\n  - pip:\n    - -r requirements.txt\n", set()),
        (asking.by_conda, "name: a\ndependencies:\n  - numpy\n", {SOMETHING}),
        (asking.something, "", {SOMETHING}),
    ],
)
def test_what_is_asked_for(look, text, names):
    assert look(text.encode()) == names

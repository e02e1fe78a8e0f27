import pytest

from keyhole.web.paths import local_path


@pytest.mark.parametrize(
    "text", ["/", "/scans/3", "/audit?outcome=denied&before=4", "/settings/personal-access-tokens/new"]
)
def test_a_path_of_this_site_is_followed(text):
    assert local_path(text) == text


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\tx",
        "/x\n",
        "\n/x",
        "/x\r\nSet-Cookie: a=b",
        " /x",
        "scans",
        "/x\u2028y",
        "/\u00e9",
        "/<script>",
        "/" + "x" * 500,
        "?next=/",
    ],
)
def test_anything_else_leads_to_the_overview(text):
    assert local_path(text) == "/"

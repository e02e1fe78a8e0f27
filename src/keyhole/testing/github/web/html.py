"""HTML as values: every text is escaped where it is written, so that nothing else can be forgotten."""

from __future__ import annotations

from html import escape

_VOID = {"input", "br", "meta", "link", "hr"}


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


Child = str | Markup | None


def el(element: str, /, *children: Child | list[Markup], **attributes: str | int | bool | None) -> Markup:
    """One element. `class_` and `for_` lose their underscore, others become hyphens; False and None leave it out."""
    parts = [f"<{element}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        spelled = key.rstrip("_").replace("_", "-")
        parts.append(f" {spelled}" if value is True else f' {spelled}="{escape(str(value))}"')
    parts.append(">")
    if element in _VOID:
        return Markup("".join(parts))
    for child in children:
        parts += [text(each) for each in child] if isinstance(child, list) else [text(child)]
    return Markup("".join([*parts, f"</{element}>"]))


def text(value: Child) -> Markup:
    """A child as HTML."""
    if value is None:
        return Markup("")
    return value if isinstance(value, Markup) else Markup(escape(value))


def join(*children: Child | list[Markup]) -> Markup:
    """Several, one after the other."""
    flat = [each for child in children for each in (child if isinstance(child, list) else [child])]
    return Markup("".join(text(each) for each in flat))


def field(label: str, control: Markup, *, for_: str, hint: str = "", error: str = "") -> Markup:
    """A labelled control with its hint and, if it is wrong, what is wrong."""
    return el(
        "div",
        el("label", label, for_=for_),
        el("p", error, class_="error", id=f"{for_}-error") if error else None,
        control,
        el("p", hint, class_="hint", id=f"{for_}-hint") if hint else None,
        class_="field",
    )

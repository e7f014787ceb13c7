"""The colours of a picture, for light and for dark pages; a test measures their contrast."""

from collections.abc import Iterator, Mapping
from typing import Final

from exchange_ports.reports.diagram.columns import Kind
from exchange_ports.reports.diagram.layout import Stand

__all__ = ["DARK", "LIGHT", "style"]

LIGHT: Final[Mapping[str, str]] = {
    "page": "#ffffff",
    "ink": "#1f2328",
    "soft": "#4d5661",
    "line": "#424a53",
    "edge": "#6e7781",
    "rule": "#d0d7de",
    Kind.INTERNET: "#fdeaea",
    Kind.PERIMETER: "#fff6cc",
    Kind.INTERNAL: "#e0f1fc",
    Kind.NEIGHBOURS: "#eef0f2",
    Stand.NEW: "#11632a",
    Stand.CUT: "#a90f1b",
    "risk": "#8a3a00",
}
DARK: Final[Mapping[str, str]] = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#b3bcc6",
    "line": "#b3bcc6",
    "edge": "#8b949e",
    "rule": "#30363d",
    Kind.INTERNET: "#3a1d20",
    Kind.PERIMETER: "#38300f",
    Kind.INTERNAL: "#10283a",
    Kind.NEIGHBOURS: "#21262d",
    Stand.NEW: "#56d364",
    Stand.CUT: "#ff9a94",
    "risk": "#ffb27a",
}

_FONT: Final = '"Segoe UI", "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif'
#: What has a colour of the page, as it is written for light and for dark.
_COLOURED: Final = (
    ("text", "fill", "ink"),
    (".soft", "fill", "soft"),
    (".page, .tag, .box", "fill", "page"),
    (".page, .rule, .zone", "stroke", "rule"),
    (".box, .lane", "stroke", "edge"),
    (".way, .ring", "stroke", "line"),
    (".head", "fill", "line"),
    (".ring", "fill", "page"),
    *((f".{kind}", "fill", kind) for kind in Kind),
    *(
        rule
        for name in ("risk", Stand.NEW, Stand.CUT)
        for rule in (
            (f".{name} .way, .{name} .ring", "stroke", name),
            (f".{name} .head, .{name} text, text.{name}", "fill", name),
        )
    ),
)


def style() -> str:
    """The style sheet: shapes first, then colours, then those for dark pages."""
    return "\n".join(
        (
            "",
            f"text {{ font-family: {_FONT}; font-size: 12px; }}",
            ".middle { text-anchor: middle; }",
            ".small { font-size: 10.5px; }",
            ".bold { font-weight: 600; }",
            ".lane { stroke-dasharray: 2 4; }",
            ".theirs { stroke-dasharray: 4 3; }",
            ".way { stroke-width: 1.6; fill: none; }",
            ".ring { stroke-width: 1.6; }",
            f".{Stand.NEW} .way {{ stroke-width: 2.4; }}",
            f".{Stand.CUT} .way {{ stroke-width: 2; stroke-dasharray: 7 4; }}",
            ".tag { opacity: 0.88; }",
            *_rules(LIGHT),
            "@media (prefers-color-scheme: dark) {",
            *(f"  {rule}" for rule in _rules(DARK)),
            "}",
            "",
        )
    )


def _rules(palette: Mapping[str, str]) -> Iterator[str]:
    for selector, what, name in _COLOURED:
        yield f"{selector} {{ {what}: {palette[name]}; }}"

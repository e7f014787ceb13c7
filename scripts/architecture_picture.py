#!/usr/bin/env python3
"""Draw the import contract of `.importlinter` as docs/pictures/architecture.svg.

A row is a layer: its modules may import modules of lower rows only. Run it after a change of the contract;
`--check` fails if the picture is not current. It needs the standard library alone.
"""

import argparse
import configparser
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Final
from xml.sax.saxutils import escape

__all__ = ["CONTRACT", "PICTURE", "Layers", "NoContract", "draw", "is_current", "read"]

ROOT: Final = Path(__file__).parent.parent
CONTRACT: Final = ROOT / ".importlinter"
PICTURE: Final = ROOT / "docs" / "pictures" / "architecture.svg"

#: What a module does, below its name. A module without a caption is drawn with its name alone.
CAPTIONS: Final[Mapping[str, str]] = {
    "cli": "one module per command",
    "component": "registers the plans with Pulumi",
    "offline": "runs a program in this process",
    "reports": "one document, many formats",
    "pipeline": "from declared data to plans and findings",
    "rollout": "safe phases of an update",
    "audit": "live rules and the plan",
    "diff": "traffic of two topologies",
    "proof": "plan and flows allow the same",
    "clouds": "the Cloud protocol, AWS and Azure",
    "flows": "from topology and catalog to flows",
    "topology": "models, checks, inventory",
    "endpoints": "snapshots of Microsoft 365",
    "stackfile": "YAML with positions",
    "catalog": "the published port tables",
    "traffic": "exact sets of addresses, ports and protocols",
    "findings": "errors and warnings as data",
    "resources": "registers the plan",
    "live": "exported rules",
    "plan": "from flows to rules",
    "transitions": "transient states",
    "limits": "quotas of the cloud",
    "evaluator": "what rules allow",
    "names": "stable identities",
    "rules": "plain types",
}
#: The package whose importers are marked: everything else is pure.
MARKED: Final = "pulumi"

_WIDTH: Final = 820
_MARGIN: Final = 20
#: Room left of the rows for the arrow that shows the direction of imports.
_ARROW: Final = 40
_PANEL: Final = 236
_GAP: Final = 12
#: Between the lines of one layer.
_CLOSE: Final = 5
_LINE: Final = 16
#: A layer whose captions would have more lines is drawn without them.
_MOST_LINES: Final = 2
_PADDING: Final = 13
#: Widths of a letter in pixels, a little more than they are: 12 px sans-serif, 14 px monospace.
_SMALL_LETTER: Final = 6.9
_NAME_LETTER: Final = 8.6

_STYLE: Final = """\
  .back { fill: #ffffff } .box { fill: #f6f8fa; stroke: #d1d9e0 } .shell { fill: #ddf4ff; stroke: #54aeff }
  .name { fill: #1f2328; font: 600 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
  .small { fill: #59636e; font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }
  .line { stroke: #818b98; fill: none } .head { fill: #818b98 } .panel { fill: none; stroke: #d1d9e0 }
  @media (prefers-color-scheme: dark) {
    .back { fill: #0d1117 } .box { fill: #151b23; stroke: #3d444d } .shell { fill: #12263f; stroke: #388bfd }
    .name { fill: #f0f6fc } .small { fill: #9198a1 }
    .line { stroke: #656c76 } .head { fill: #656c76 } .panel { stroke: #3d444d }
  }"""


class NoContract(Exception):
    """The file has no layers contract for the root package."""


@dataclass(frozen=True, slots=True)
class Layers:
    """A layers contract: where it holds, and its layers from the top, each with its modules."""

    containers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """What the picture shows: the root package, the layers inside, and who imports `MARKED`."""

    root: Layers
    inner: tuple[Layers, ...]
    marked: frozenset[str]

    def is_marked(self, module: str) -> bool:
        """Whether a module, or one inside it, may import `MARKED`."""
        return any(each == module or each.startswith(f"{module}.") for each in self.marked)


def read(text: str) -> Contract:
    """Parse the text of an `.importlinter` file."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    package = parser.get("importlinter", "root_package", fallback="")
    contracts = [parser[name] for name in parser.sections() if name.startswith("importlinter:")]
    layers = [
        Layers(
            tuple(each.get("containers", package).split()),
            tuple(_modules(line) for line in each["layers"].splitlines() if line.strip()),
        )
        for each in contracts
        if each.get("type") == "layers" and each.get("layers")
    ]
    roots = [each for each in layers if each.containers == (package,)]
    if len(roots) != 1:
        raise NoContract(
            f"{len(roots)} layers contracts have {package or 'no package'} as container"
        )
    marked = frozenset(
        importer
        for each in contracts
        if each.get("type") == "protected" and MARKED in each.get("protected_modules", "").split()
        for importer in each.get("allowed_importers", "").split()
    )
    return Contract(roots[0], tuple(each for each in layers if each is not roots[0]), marked)


def _modules(line: str) -> tuple[str, ...]:
    """The modules of a layer. Parentheses mark one that may be missing."""
    return tuple(part.strip(" ()") for part in line.replace(":", "|").split("|"))


def draw(text: str) -> str:
    """The picture of an `.importlinter` file's contract, as SVG."""
    contract = read(text)
    package = contract.root.containers[0]
    right = _WIDTH - _MARGIN
    main_right = right - _PANEL - 2 * _GAP if contract.inner else right
    top = 52
    rows, bottom = _rows(contract, contract.root, _MARGIN + _ARROW, main_right, top)
    body = [
        *_text(_MARGIN, 32, "name", package),
        *_arrow(_MARGIN + _ARROW // 2 - 4, top, bottom - _GAP),
        *rows,
    ]
    panel_top = top
    for inner in contract.inner:
        panel, panel_top = _panel(contract, inner, package, right - _PANEL, panel_top)
        body += panel
    height = max(bottom, panel_top) + 26
    body += _legend(height - 16)
    names = "; ".join(", ".join(row) for row in contract.root.rows)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"'
            f' width="{_WIDTH}" height="{height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">Layers of {escape(package)}</title>',
            f'<desc id="desc">From the top, each importing lower layers only: {escape(names)}.</desc>',
            f"<style>\n{_STYLE}\n</style>",
            f'<rect class="back" width="{_WIDTH}" height="{height}"/>',
            *body,
            "</svg>\n",
        ]
    )


def _rows(
    contract: Contract, layers: Layers, left: int, right: int, top: int
) -> tuple[list[str], int]:
    """The boxes of each layer, and where the next layer would begin."""
    drawn: list[str] = []
    for row in layers.rows:
        for line in _lines(row, right - left):
            width = (right - left - _GAP * (len(line) - 1)) // len(line)
            captions = [_wrapped(CAPTIONS.get(module, ""), width) for module in line]
            if any(len(each) > _MOST_LINES for each in captions):
                captions = [()] * len(line)
            height = 2 * _PADDING + 8 + _LINE * max(len(each) for each in captions)
            for index, (module, caption) in enumerate(zip(line, captions, strict=True)):
                x = left + index * (width + _GAP)
                paths = [f"{container}.{module}" for container in layers.containers]
                kind = "shell" if any(map(contract.is_marked, paths)) else "box"
                drawn.append(
                    f'<rect class="{kind}" x="{x}" y="{top}" width="{width}" height="{height}" rx="6"/>'
                )
                y = top + (height - 8 - _LINE * len(caption)) // 2 + 9
                drawn += _text(x + width // 2, y, "name", module, middle=True)
                for text in caption:
                    y += _LINE
                    drawn += _text(x + width // 2, y, "small", text, middle=True)
            top += height + _CLOSE
        top += _GAP - _CLOSE
    return drawn, top


def _lines(row: Sequence[str], width: int) -> Iterator[Sequence[str]]:
    """A layer in as few lines as its names allow, with about as many boxes in each."""
    for count in range(1, len(row) + 1):
        size = -(-len(row) // count)
        lines = [row[start : start + size] for start in range(0, len(row), size)]
        room = (width - _GAP * (size - 1)) / size - 12
        if count == len(row) or all(len(name) * _NAME_LETTER <= room for name in row):
            yield from lines
            return


def _panel(
    contract: Contract, layers: Layers, package: str, left: int, top: int
) -> tuple[list[str], int]:
    """The layers inside some modules, in a frame, and where the next frame would begin."""
    names = [each.removeprefix(f"{package}.") for each in layers.containers]
    heading = _wrapped("inside " + " and ".join(names), _PANEL)
    start = top + _PADDING + _LINE * len(heading) + 6
    rows, bottom = _rows(contract, layers, left + _PADDING, left + _PANEL - _PADDING, start)
    drawn = [
        f'<rect class="panel" x="{left}" y="{top}" width="{_PANEL}" height="{bottom - top}" rx="8"/>'
    ]
    for index, line in enumerate(heading):
        y = top + _PADDING + 9 + index * _LINE
        drawn += _text(left + _PANEL // 2, y, "small", line, middle=True)
    return [*drawn, *rows], bottom + _GAP


def _arrow(x: int, top: int, bottom: int) -> Iterator[str]:
    middle = (top + bottom) // 2
    yield f'<path class="line" d="M{x} {top}V{bottom - 8}" stroke-width="1.5"/>'
    yield f'<path class="head" d="M{x - 5} {bottom - 9}h10L{x} {bottom}z"/>'
    yield (
        f'<text class="small" x="{x - 8}" y="{middle}" text-anchor="middle"'
        f' transform="rotate(-90 {x - 8} {middle})">imports go down only</text>'
    )


def _legend(y: int) -> Iterator[str]:
    left = _MARGIN + _ARROW
    yield f'<rect class="shell" x="{left}" y="{y - 11}" width="20" height="14" rx="3"/>'
    yield from _text(left + 28, y, "small", "may import Pulumi, or contains a module that may")
    yield f'<rect class="box" x="{left + 400}" y="{y - 11}" width="20" height="14" rx="3"/>'
    yield from _text(left + 428, y, "small", "may not")


def _text(x: int, y: int, kind: str, text: str, *, middle: bool = False) -> Iterator[str]:
    anchor = ' text-anchor="middle"' if middle else ""
    yield f'<text class="{kind}" x="{x}" y="{y}"{anchor}>{escape(text)}</text>'


def _wrapped(text: str, width: int) -> tuple[str, ...]:
    return tuple(wrap(text, max(8, int((width - 12) / _SMALL_LETTER))))


def is_current() -> bool:
    """Whether the picture is that of the contract."""
    return PICTURE.is_file() and PICTURE.read_text() == draw(CONTRACT.read_text())


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the picture, or check it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="fail if the picture is not current")
    if not parser.parse_args(arguments).check:
        PICTURE.write_text(draw(CONTRACT.read_text()))
        return 0
    if is_current():
        return 0
    print(
        f"{PICTURE.relative_to(ROOT)} is not the picture of .importlinter. "
        "Run scripts/architecture_picture.py.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())

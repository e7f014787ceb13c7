"""The shape of the pages in docs/reference: numbers, anchors and sources."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.docs.citations import REFERENCE, anchors_of

PAGES = sorted(path for path in REFERENCE.glob("*.md") if path.name != "index.md")

_NUMBERED = re.compile(r"#{2,3} (?P<number>\d{1,2}(?:\.\d{1,2})?) \S")
_FACT = re.compile(r"(?:[-*] |\d+\. |\| )(?P<rest>.*)")
#: Sources are named by the key of a link: `[Receive connectors][receive]`.
_USED_KEY = re.compile(r"\]\[(?P<key>[^\]]+)\]")
_DEFINED_KEY = re.compile(r"^\[(?P<key>[^\]]+)\]: (?P<url>\S+)$", re.MULTILINE)


def by_page(path: Path) -> str:
    return path.stem


def without_blocks(text: str) -> list[tuple[int, str]]:
    """The lines outside code blocks, which are indented by four spaces or fenced."""
    kept: list[tuple[int, str]] = []
    is_fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif not is_fenced and not line.startswith("    "):
            kept.append((number, line))
    return kept


@pytest.mark.parametrize("path", PAGES, ids=by_page)
def test_every_numbered_section_has_its_number_as_anchor(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line]
    for before, line in pairwise(lines):
        if match := _NUMBERED.match(line):
            assert before == f'<a id="{match["number"]}"></a>', line


@pytest.mark.parametrize("path", PAGES, ids=by_page)
def test_sections_are_in_the_order_of_their_numbers(path: Path) -> None:
    numbers = [
        tuple(int(part) for part in match["number"].split("."))
        for match in _NUMBERED.finditer(path.read_text())
    ]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("path", PAGES, ids=by_page)
def test_every_row_and_list_item_begins_with_an_anchor(path: Path) -> None:
    lines = without_blocks(path.read_text())
    for index, (number, line) in enumerate(lines):
        match = _FACT.match(line)
        if match is None or line.startswith("|--"):
            continue
        is_header = line.startswith("| ") and lines[index + 1][1].startswith("|--")
        if not is_header:
            assert match["rest"].startswith('<a id="'), f"{path.name}:{number} has no anchor"


@pytest.mark.parametrize("path", PAGES, ids=by_page)
def test_anchors_are_safe_in_a_link(path: Path) -> None:
    for anchor in anchors_of(path.read_text()):
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]|\d", anchor), anchor


@pytest.mark.parametrize("path", PAGES, ids=by_page)
def test_every_key_of_a_source_is_defined_and_used(path: Path) -> None:
    text = path.read_text()
    defined = {match["key"] for match in _DEFINED_KEY.finditer(text)}
    assert {match["key"] for match in _USED_KEY.finditer(text)} == defined


def test_the_index_lists_every_page() -> None:
    text = (REFERENCE / "index.md").read_text()
    assert [path.name for path in PAGES if f"]({path.name})" not in text] == []

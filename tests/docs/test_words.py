"""No text for users contains a word of the left column of `tests/support/words.py`.

The findings and the reports have tests of their own: `tests/findings`, `tests/reports`.
"""

import argparse
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest

from exchange_ports import component
from exchange_ports.cli.arguments import COMMANDS, actions_of, volume_words
from exchange_ports.cli.main import main
from exchange_ports.topology.validate import stack_schema, topology_schema
from tests.support.paths import ROOT
from tests.support.words import misused_in_page

#: Pages that have a table of old and new names, and pages with texts of findings.
ELSEWHERE: Final = {"names.md", "wording.md", "findings.md"}
PAGES: Final = sorted(
    path
    for path in (
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "situations").glob("*.md"),
        *(ROOT / "docs" / "templates").glob("*.yml"),
    )
    if path.name not in ELSEWHERE
)

#: A page, the phrases that are right there, and why.
ALLOWED: Final[Mapping[str, Mapping[str, str]]] = {
    "help of diagram": {"dns, witness": "a value of --only"},
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_uses_plain_words(path: Path) -> None:
    allowed = frozenset(ALLOWED.get(name_of(path), {}))
    found = misused_in_page(path.read_text("utf-8"), allowed)
    assert [f"{name_of(path)}:{word}" for word in found] == []


def test_every_exception_is_used() -> None:
    for page, phrases in ALLOWED.items():
        command = page.removeprefix("help of ")
        text = help_of(command) if command in COMMANDS else (ROOT / page).read_text("utf-8")
        assert [phrase for phrase in phrases if phrase not in text] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_uses_plain_words(command: str) -> None:
    allowed = frozenset(ALLOWED.get(f"help of {command}", {}))
    assert [str(word) for word in misused_in_page(help_of(command), allowed)] == []


def help_of(command: str) -> str:
    """What a command does and the help of its options, on one line."""
    parser = argparse.ArgumentParser(command)
    COMMANDS[command].words(parser)
    volume_words(parser)
    several = (parser, *actions_of(parser).values())
    texts = (COMMANDS[command].does, *(each.format_help() for each in several))
    return " ".join("\n".join(texts).split())


def test_help_without_a_command_uses_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    assert [str(word) for word in misused_in_page(capsys.readouterr().out)] == []


@pytest.mark.parametrize("schema", [topology_schema, stack_schema])
def test_descriptions_in_the_schema_use_plain_words(schema: Any) -> None:
    found = [
        f"{where}: {word}"
        for where, text in descriptions(schema(), "$")
        for word in misused_in_page(text)
    ]
    assert found == []


def descriptions(node: object, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in cast("dict[str, object]", node).items():
            if key == "description" and isinstance(value, str):
                yield where, value
            yield from descriptions(value, f"{where}.{key}")
    elif isinstance(node, list):
        for index, each in enumerate(cast("list[object]", node)):
            yield from descriptions(each, f"{where}[{index}]")


def test_documentation_of_the_component_uses_plain_words() -> None:
    # The documentation of an output is a text below its annotation, which only the source has.
    public: tuple[type[object], ...] = (
        component.ExchangeFirewall,
        component.ExchangeFirewallArgs,
        component.AwsNetworkArgs,
        component.AzureNetworkArgs,
        component.HandoverEnd,
        component.HandoverEntry,
        component.NotProved,
    )
    texts = {each.__name__: "\n".join(docstrings(inspect.getsource(each))) for each in public}
    found = {name: [str(word) for word in misused_in_page(text)] for name, text in texts.items()}
    assert found == {name: [] for name in texts}


def docstrings(source: str) -> list[str]:
    """The texts between triple quotes, without code."""
    return source.split('"""')[1::2]


@pytest.mark.parametrize(
    "text, words",
    [
        ("A server wears two groups.", ["wears"]),
        ("Rules let mail through.", ["let"]),
        ("The witness server of a DAG, and its witness share.", []),
        ("The witness is a packet.", ["witness"]),
        ("`says` is code, and so is [a link](what-it-says.md).", []),
        ('The page has "Internet, as nobody says".', []),
        ("A neighbour's behaviour.", ["neighbour", "behaviour"]),
        ("```console\nedge1 lets it out\n```\n", []),
        ("Fine.\n\nNobody may.", ["Nobody"]),
    ],
)
def test_words_are_found_in_prose_only(text: str, words: list[str]) -> None:
    assert [word.word for word in misused_in_page(text)] == words

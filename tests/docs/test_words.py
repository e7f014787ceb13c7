"""No text for users contains a word of the left column of `tests/support/words.py`.

Pages, files that `init` and the templates write, help, descriptions of the schemas, and every text in the
code: findings, prompts, errors, reports, comments of reviews, SARIF and legends are written there.
"""

import argparse
import ast
import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest

from exchange_ports import component
from exchange_ports.cli.arguments import COMMANDS, actions_of, volume_words
from exchange_ports.cli.main import main
from exchange_ports.topology.validate import stack_schema, topology_schema
from tests.support.paths import ROOT
from tests.support.words import misused, misused_in_page

#: Pages with a table whose first column has words that are no longer used.
BEFORE_AND_AFTER: Final = {"docs/names.md", "docs/wording.md"}
FILES: Final = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        ROOT / "examples" / "README.md",
        *(ROOT / "changelog.d").glob("*.md"),
        # `generated` is what `make docs` writes from the code, whose texts are tested below.
        *(path for path in (ROOT / "docs").rglob("*.md") if "generated" not in path.parts),
        *(ROOT / "docs" / "templates").glob("*.yml"),
        *(ROOT / ".github").rglob("*.yml"),
        *(ROOT / "stacks").glob("*.yaml"),
        *(
            path
            for path in (ROOT / "templates").rglob("*")
            if path.suffix in (".md", ".py", ".yaml")
        ),
    )
)
#: The modules whose texts users see: the package, the review of pull requests, and the generated pages.
MODULES: Final = sorted(
    (
        *(ROOT / "exchange_ports").rglob("*.py"),
        *(ROOT / "scripts" / "reviewer").glob("*.py"),
        ROOT / "docs" / "conf.py",
    )
)

#: A page, the phrases that are right there, and why.
ALLOWED: Final[Mapping[str, Mapping[str, str]]] = {
    "help of diagram": {"dns, witness": "a value of --only"},
    "docs/reference/exchange.md": {
        "Outlook Anywhere": "a feature of Exchange",
        "hybrid-trouble": "a label of a link",
        "troubleshoot-a-hybrid-deployment": "the address of a page",
    },
    "docs/reference/exchange-later.md": {"Outlook Anywhere": "a feature of Exchange"},
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_page_uses_plain_words(path: Path) -> None:
    assert [f"{name_of(path)}:{word}" for word in misused_in(path, path.read_text("utf-8"))] == []


def misused_in(path: Path, text: str) -> list[str]:
    """The words that a file would misuse with this text."""
    if path in MODULES:
        return [f"{line}: {word}" for line, each in literals(text) for word in misused(each)]
    if name_of(path) in BEFORE_AND_AFTER:
        text = without_first_cells(text)
    allowed = frozenset(ALLOWED.get(name_of(path), {}))
    return [*map(str, misused_in_page(text, allowed))]


def without_first_cells(page: str) -> str:
    """A page whose tables have lost their first column; every line keeps its number."""
    lines = page.splitlines()
    return "\n".join(
        line.split("|", 2)[2] if line.startswith("| ") and line.count("|") > 2 else line
        for line in lines
    )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_texts_in_the_code_use_plain_words(path: Path) -> None:
    assert [f"{name_of(path)}:{word}" for word in misused_in(path, path.read_text("utf-8"))] == []


#: A file of each kind of text that users see, and words in it that are shown.
SHOWN: Final[Mapping[str, tuple[str, str]]] = {
    "finding": ("exchange_ports/findings/file_kinds.py", "A ticket number after `#` would be lost"),
    "correction of an error": ("exchange_ports/topology/validation_errors.py", "Did you mean "),
    "help": ("exchange_ports/cli/arguments.py", "a stack file, or the name of a stack"),
    "question of init": ("exchange_ports/cli/questions.py", "name of the organization"),
    "comments that init writes": (
        "exchange_ports/topology/starter.py",
        "# The Exchange organization",
    ),
    "comment of a review": ("exchange_ports/reports/comment.py", "Not covered: network ACLs"),
    "script of the reviewer": ("scripts/reviewer/api.py", "the repository was renamed"),
    "report": ("exchange_ports/reports/rulebook_page.py", "What this report does not claim"),
    "headline": (
        "exchange_ports/reports/headline.py",
        "from the perimeter to the internal network",
    ),
    "diagram": ("exchange_ports/reports/diagram/svg.py", "no rules in this stack"),
    "README": ("README.md", "all other traffic, inbound and outbound."),
    "page of the documentation": ("docs/start.md", "asks a few questions"),
    "page of a finding": ("docs/findings/bad-port.md", "greater than 65535"),
    "comments of a stack file": ("stacks/Pulumi.dev.yaml", "# A laboratory on AWS"),
}


@pytest.mark.parametrize("name, words", SHOWN.values(), ids=list(SHOWN))
def test_a_forbidden_word_is_found_in_each_kind_of_text(name: str, words: str) -> None:
    path = ROOT / name
    text = path.read_text("utf-8")
    assert words in text
    (found,) = misused_in(path, text.replace(words, f"{words} nobody", 1))
    assert "'nobody'" in found


def literals(source: str) -> Iterator[tuple[int, str]]:
    """Texts of a module and their lines: all strings of more than one word.

    Docstrings are left out, and so are the script and the style of an HTML report, whose lines end with a semicolon.
    """
    tree = ast.parse(source)
    docstrings_ = {
        id(each.value)
        for node in ast.walk(tree)
        for each in ast.iter_child_nodes(node)
        if isinstance(each, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings_:
            text = node.value
            if isinstance(text, str) and " " in text and ";\n" not in text:
                yield node.lineno, text


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
    assert misused_in_schema(schema()) == []


def misused_in_schema(schema: object) -> list[str]:
    return [
        f"{where}: {word}"
        for where, text in descriptions(schema, "$")
        for word in misused_in_page(text)
    ]


def test_a_forbidden_word_is_found_in_the_description_of_a_field() -> None:
    text = json.dumps(stack_schema())
    shown = "Diagrams sort the hosts at the other end by it."
    assert shown in text
    found = misused_in_schema(json.loads(text.replace(shown, f"{shown} Nobody may.")))
    assert [each.rsplit("'")[1] for each in found] == ["Nobody"]


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
    "source, texts",
    [
        ('"""Nobody may."""\n', []),
        ('def f():\n    """Nobody may."""\n', []),
        ('TEXT = "Nobody may."\n', ["Nobody may."]),
        ('print(f"{name} wears {group}")\n', [" wears "]),
        ('fault("It goes " "on.", why={"a": "In vain."})\n', ["It goes on.", "In vain."]),
        ('STYLE = "a {\\n  let: none;\\n}"\n', []),
        ('KEY = "goes"\n', []),
    ],
)
def test_texts_in_code_are_found(source: str, texts: list[str]) -> None:
    assert [text for _, text in literals(source) if [*misused(text)]] == texts


def test_the_first_column_of_a_table_of_changes_is_left_out() -> None:
    page = "Nobody.\n| wears | attach | nobody |\n"
    assert [*map(str, misused_in_page(without_first_cells(page)))] == [
        "1: 'Nobody': write no rule, no server, the operator",
        "2: 'nobody': write no rule, no server, the operator",
    ]


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

"""Outside `clouds/` nothing asks which cloud it is: no branch on a rule set's class, attribute or platform."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "exchange_ports"
#: What topologies must know of each platform, as data: only there may a platform be named.
PLATFORMS = PACKAGE / "topology" / "platforms.py"


@cache
def _classes_of_clouds() -> frozenset[str]:
    return frozenset(
        node.name
        for file in PACKAGE.glob("clouds/*/*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    ) - {"_Record"}


def branches(text: str, clouds: frozenset[str]) -> Iterator[str]:
    """What a module says that depends on the cloud."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            match node.func.id, node.args:
                case "isinstance", [_, kind]:
                    names = {each.id for each in ast.walk(kind) if isinstance(each, ast.Name)}
                    if names & {*clouds, "RuleSet"}:
                        yield ast.unparse(node)
                case (("getattr" | "hasattr"), [ast.Name(id=what) | ast.Attribute(attr=what), *_]):
                    if what in {"plan", "rules", "old", "new", "network", "cloud"}:
                        yield ast.unparse(node)
                case _:
                    pass
        elif (isinstance(node, ast.Attribute) and node.attr in {"AWS", "AZURE"}) or (
            isinstance(node, ast.Constant)
            and node.value
            in {
                "exchange_ports.clouds.aws",
                "exchange_ports.clouds.azure",
            }
        ):
            yield ast.unparse(node)


FILES = sorted(
    file
    for file in PACKAGE.rglob("*.py")
    if file != PLATFORMS and file.relative_to(PACKAGE).parts[0] != "clouds"
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_module_does_not_ask_which_cloud_it_is(file: Path) -> None:
    assert list(branches(file.read_text(), _classes_of_clouds())) == []


@pytest.mark.parametrize(
    "text",
    [
        "isinstance(plan, AwsRuleSet)",
        "isinstance(pair.old, rules.AzureRuleSet | Other) or isinstance(x, AzureRuleSet)",
        "isinstance(plan, RuleSet)",
        "getattr(plan, 'zones', {})",
        "getattr(pair.new, 'exclusive', False)",
        "network.platform is Platform.AZURE",
        "import_module('exchange_ports.clouds.aws')",
    ],
)
def test_the_check_sees_every_kind_of_branch(text: str) -> None:
    assert list(branches(text, _classes_of_clouds()))

"""Tests follow the package's folders, share by helpers alone, and can be told apart by how long they take."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from tests.support.paths import ROOT, TESTS

PACKAGE: Final = ROOT / "exchange_ports"
#: Folders that follow no folder or module of the package, and why there are such.
OTHERS: Final = {
    "architecture": "the whole package",
    "bench": "the folder bench/",
    "docs": "pages of docs/ and the README",
    "engine": "clouds and engines made for tests, and our programs on them",
    "fixtures": "files that tests and transcripts read",
    "goldens": "whole outputs that someone has read",
    "programs": "Pulumi programs that tests run",
    "released": "what was released, to be kept",
    "review": "scripts/reviewer and the actions of forges",
    "scenarios": "tables of verdicts about the stacks",
    "support": "what tests of several folders share",
}
FILES: Final = sorted(path for path in TESTS.rglob("*.py") if "__pycache__" not in path.parts)


def imported(tree: ast.Module) -> set[str]:
    """The modules that a file imports, wherever in it; of `from a import b` both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_every_folder_is_one_of_the_package_or_has_its_reason() -> None:
    known = {path.stem for path in PACKAGE.iterdir() if not path.name.startswith("_")}
    folders = {path.name for path in TESTS.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert folders - known - set(OTHERS) == set()
    assert set(OTHERS) - folders == set()
    assert set(OTHERS) & known == set()
    assert [path.name for path in TESTS.glob("*.py")] == ["conftest.py"]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_module_is_imported_by_another_file(file: Path) -> None:
    """What two of them need stands in a helper: in the folder, or in tests/support."""
    names = imported(ast.parse(file.read_text("utf-8")))
    assert not {name for name in names if re.search(r"^tests\.(\w+\.)*(test_\w+|conftest)\b", name)}


def test_the_check_of_imports_sees_them() -> None:
    seen = imported(
        ast.parse("def f():\n    from tests.cli import test_cli\nimport tests.a.test_b")
    )
    assert seen == {"tests.cli", "tests.cli.test_cli", "tests.a.test_b"}

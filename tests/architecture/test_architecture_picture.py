"""docs/pictures/architecture.svg is drawn from the import contract."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from scripts import architecture_picture
from scripts.architecture_picture import CONTRACT, PICTURE, NoContract, draw, is_current, main, read

SVG = "{http://www.w3.org/2000/svg}"
SMALL = """
[importlinter]
root_package = pack

[importlinter:contract:layers]
type = layers
containers = pack
layers =
    (__main__)
    cli | component
    data : text

[importlinter:contract:inside]
type = layers
containers =
    pack.component
layers =
    register
    rules

[importlinter:contract:pulumi]
type = protected
protected_modules = pulumi
allowed_importers = pack.component.register
"""


def test_the_picture_is_current() -> None:
    assert is_current(), "run scripts/architecture_picture.py"


def test_the_picture_names_every_module_of_the_contract() -> None:
    texts = {each.text for each in ElementTree.parse(PICTURE).iter(f"{SVG}text")}  # noqa: S314
    contract = read(CONTRACT.read_text())
    modules = {
        module for each in (contract.root, *contract.inner) for row in each.rows for module in row
    }
    assert modules <= texts


def test_the_architecture_page_shows_the_picture() -> None:
    page = (PICTURE.parent.parent / "architecture.md").read_text()
    assert "](pictures/architecture.svg)" in page


def test_layers_and_optional_modules_are_read_from_the_contract() -> None:
    contract = read(SMALL)
    assert contract.root.rows == (("__main__",), ("cli", "component"), ("data", "text"))
    assert [each.containers for each in contract.inner] == [("pack.component",)]


def test_a_module_is_marked_if_it_or_a_module_inside_may_import_pulumi() -> None:
    contract = read(SMALL)
    assert contract.is_marked("pack.component")
    assert contract.is_marked("pack.component.register")
    assert not contract.is_marked("pack.component.rules")
    assert not contract.is_marked("pack.cli")
    # The legend has one box of each kind.
    assert draw(SMALL).count('class="shell"') == len(("component", "register", "legend"))


def test_the_same_contract_gives_the_same_bytes() -> None:
    assert draw(SMALL) == draw(SMALL)


def test_a_file_without_a_contract_for_the_root_package_is_refused() -> None:
    with pytest.raises(NoContract, match="0 layers contracts have pack"):
        read("[importlinter]\nroot_package = pack\n")


def test_check_fails_if_the_contract_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "architecture.svg"
    contract = tmp_path / ".importlinter"
    contract.write_text(SMALL)
    monkeypatch.setattr(architecture_picture, "ROOT", tmp_path)
    monkeypatch.setattr(architecture_picture, "CONTRACT", contract)
    monkeypatch.setattr(architecture_picture, "PICTURE", picture)
    assert main(["--check"]) == 1
    assert main([]) == 0
    assert main(["--check"]) == 0
    contract.write_text(SMALL.replace("cli |", "shell |"))
    assert main(["--check"]) == 1
    assert "Run scripts/architecture_picture.py." in capsys.readouterr().err

"""Every command that reads a stack file reads it with its project, as Pulumi would find it."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports import load
from exchange_ports.cli import main
from exchange_ports.cli.stacks import read
from exchange_ports.findings import Refused
from exchange_ports.pipeline import project_of
from exchange_ports.stackfile.nodes import compose
from exchange_ports.stackfile.project_file import read_project_file
from tests.support.paths import ROOT

STACK: Final = (ROOT / "stacks/Pulumi.dev.yaml").read_text("utf-8")
TAGS: Final = "config:\n  exchange-ports:tags: {value: {team: mail}}\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


#: Project files by their paths, the stack file, the folder to stand in, and the project that is read.
FOUND: Final[dict[str, tuple[dict[str, str], str, str, str | None]]] = {
    "beside it": ({"Pulumi.yaml": ""}, "Pulumi.a.yaml", ".", "Pulumi.yaml"),
    "above it": ({"Pulumi.yaml": "s"}, "s/Pulumi.a.yaml", ".", "Pulumi.yaml"),
    "above it, from its folder": ({"Pulumi.yaml": "s"}, "s/Pulumi.a.yaml", "s", "Pulumi.yaml"),
    "far above it": ({"Pulumi.yaml": "s/t"}, "s/t/Pulumi.a.yaml", "/", "Pulumi.yaml"),
    "it looks elsewhere": ({"Pulumi.yaml": "s"}, "Pulumi.a.yaml", ".", None),
    "it looks beside itself": ({"Pulumi.yaml": ""}, "s/Pulumi.a.yaml", ".", None),
    "the nearest that looks there": (
        {"Pulumi.yaml": "p/s", "p/Pulumi.yaml": "s"},
        "p/s/Pulumi.a.yaml",
        "/",
        "p/Pulumi.yaml",
    ),
    "another one is nearer and looks elsewhere": (
        {"Pulumi.yaml": "p/s", "p/Pulumi.yaml": ""},
        "p/s/Pulumi.a.yaml",
        "/",
        "Pulumi.yaml",
    ),
    "where Pulumi is run": (
        {"p/Pulumi.yaml": "../s", "Pulumi.yaml": "s"},
        "s/Pulumi.a.yaml",
        "p",
        "p/Pulumi.yaml",
    ),
    "another ending": ({"Pulumi.yml": ""}, "Pulumi.a.yaml", ".", None),
    "the same ending": ({"Pulumi.yml": ""}, "Pulumi.a.yml", ".", "Pulumi.yml"),
    "the first of two": ({"Pulumi.yaml": "", "Pulumi.yml": ""}, "Pulumi.a.yml", ".", None),
    "no name of a stack file": ({"Pulumi.yaml": ""}, "a.yaml", ".", None),
}


@pytest.mark.parametrize("projects, file, where, found", FOUND.values(), ids=list(FOUND))
def test_the_project_is_found_where_pulumi_looks(
    projects: dict[str, str],
    file: str,
    where: str,
    found: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = {
        path: f"name: {path.replace('/', '-')}\nstackConfigDir: {json.dumps(folder)}\n"
        for path, folder in projects.items()
    }
    write(tmp_path, {**named, file: "", "s/.keep": ""})
    monkeypatch.chdir(tmp_path / where)
    project = project_of(str(tmp_path / file))
    assert (project and project.name) == (found and found.replace("/", "-"))


def test_what_the_project_sets_counts_where_the_stack_file_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    more = 'config:\n  exchange-ports:tags: {value: {team: mail}}\n  "aws:profile": other\n'
    own = STACK.replace("config:\n", "config:\n  exchange-ports:tags: {team: own}\n", 1)
    write(tmp_path, {"Pulumi.yaml": f"name: x\n{more}", "Pulumi.a.yaml": STACK})
    write(tmp_path, {"Pulumi.b.yaml": own, "elsewhere/Pulumi.a.yaml": STACK})
    assert read("Pulumi.a.yaml").config["tags"] == {"team": "mail"}
    assert read("Pulumi.a.yaml").others["aws:profile"] == "other"
    assert read("Pulumi.b.yaml").config["tags"] == {"team": "own"}
    assert "tags" not in read("elsewhere/Pulumi.a.yaml").config


def test_a_fault_in_what_the_project_sets_is_at_the_project_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"Pulumi.yaml": "name: x\nconfig:\n  exchange-ports:servers_in: nowhere\n"})
    write(tmp_path, {"Pulumi.a.yaml": STACK})
    assert main(["plan", "Pulumi.a.yaml"]) == 2
    assert "error[unknown-word]" in (reported := capsys.readouterr().err)
    assert "\n  Pulumi.yaml  servers_in\n" in reported


@pytest.mark.slow
def test_no_command_reads_a_stack_file_without_its_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A project file that can be read in two ways is refused by the same finding everywhere."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"Pulumi.yaml": "name: x\n---\nname: y\n", "Pulumi.a.yaml": STACK})
    write(tmp_path, {"other/a.yaml": STACK})
    with pytest.raises(Refused) as refused:
        project_of("Pulumi.a.yaml")
    (finding,) = refused.value.findings
    file = "Pulumi.a.yaml"
    for words in (
        ["plan", file],
        ["plan", "other/a.yaml", "--against", file],
        ["prove", file],
        ["check", file, "ex1", "ex2", "25/tcp"],
        ["explain", file, "25"],
        ["matrix", file],
        ["handover", file],
        ["report", file],
        ["diagram", file],
        ["preview", file],
        ["diff", file, "other/a.yaml"],
        ["diff", "other/a.yaml", file],
    ):
        assert main(words) == 2, words
        assert finding.summary in capsys.readouterr().err, words


@pytest.mark.parametrize("ending", ["yaml", "yml", "json"])
def test_a_program_loads_what_the_commands_read(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {f"Pulumi.{ending}": '{"name": "x", "config": {"exchange-ports:tags": []}}'})
    write(tmp_path, {f"Pulumi.a.{ending}": STACK, f"a.{ending}": STACK})
    refused = load(tmp_path / f"Pulumi.a.{ending}")
    assert [each.kind.code for each in refused.findings] == ["not-reviewed"]
    assert load(tmp_path / f"a.{ending}").usable() == load(STACK).usable()


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["yaml", "yml", "json"])
@pytest.mark.parametrize("folder", ["", "../stacks"])
def test_a_preview_runs_the_program_of_the_stack_s_project(
    folder: str,
    ending: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "p").mkdir()
    monkeypatch.chdir(tmp_path / "p")
    project = json.dumps({"name": "mail", "stackConfigDir": folder})
    program = (ROOT / "__main__.py").read_text("utf-8") + "\nprint(pulumi.get_project())\n"
    write(tmp_path / "p", {f"Pulumi.{ending}": project, "__main__.py": program})
    write(tmp_path / "p" / folder, {f"Pulumi.a.{ending}": STACK})
    assert main(["preview", "a"]) == 0
    assert "mail" in capsys.readouterr().out.splitlines()


@pytest.mark.slow
def test_without_a_project_of_its_own_a_file_has_the_nearest_program_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"p/q/a.yaml": STACK})
    assert main(["preview", "p/q/a.yaml"]) == 2
    assert "error[no-project]" in capsys.readouterr().err
    write(tmp_path, {"p/Pulumi.yml": "name: mail", "p/__main__.py": "print('this one')"})
    assert main(["preview", "p/q/a.yaml"]) == 0
    assert "this one" in capsys.readouterr().out


def test_a_command_reads_the_project_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"Pulumi.yaml": "name: once", "Pulumi.a.yaml": STACK})
    files: list[str] = []

    def counted(content: bytes, file: str) -> object:
        files.append(file)
        return compose(content, file)

    monkeypatch.setattr("exchange_ports.stackfile.project_file.compose", counted)
    read("a")
    assert files == ["Pulumi.yaml"]


@pytest.mark.slow
def test_two_plain_files_are_compared_with_the_project_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, {"p/Pulumi.yaml": f"name: x\n{TAGS}", "p/Pulumi.a.yaml": STACK})
    write(tmp_path, {"q/Pulumi.yaml": "name: x\n", "q/Pulumi.a.yaml": STACK, "a.yaml": STACK})

    def changed(*files: str) -> list[Any]:
        assert main(["diff", "--json", *files]) == 0
        stacks = json.loads(capsys.readouterr().out)["stacks"]
        return [each["setting"] for stack in stacks for each in stack["target"]]

    assert changed("p/Pulumi.a.yaml", "q/Pulumi.a.yaml") == ["tag team"]
    assert changed("p/Pulumi.a.yaml", "a.yaml") == ["tag team"]
    # That one is in no project is no other project.
    assert changed("q/Pulumi.a.yaml", "a.yaml") == []


#: Ways to write where the stack files are, each of which Pulumi reads as `stacks/mail`.
WRITTEN: Final = {
    "plain": "name: mail\nstackConfigDir: stacks/mail\n",
    "the old form": "name: mail\nconfig: stacks/mail\n",
    "escaped": 'name: mail\n"stack\\x43onfigDir": "stacks\\u002Fmail"\n',
    "an alias": "description: &a stacks/mail\nname: mail\nstackConfigDir: *a\n",
    "merged": "template: &a {stackConfigDir: stacks/mail}\nname: mail\n<<: *a\n",
    "merged by several": "template: &a {stackConfigDir: stacks/mail}\nname: mail\n<<: [*a, {stackConfigDir: x}]\n",
    "merged and written": "template: &a {stackConfigDir: x}\n<<: *a\nname: mail\nstackConfigDir: stacks/mail\n",
    "folded": "name: mail\nstackConfigDir: >-\n  stacks/mail\n",
    "JSON": '{"name": "mail", "stackConfigDir": "stacks\\u002fmail"}',
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=list(WRITTEN))
def test_a_project_file_is_read_however_it_is_written(written: str) -> None:
    assert read_project_file(written.encode(), "Pulumi.yaml").folder == "stacks/mail"

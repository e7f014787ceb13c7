"""The name of a stack works wherever a stack file does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from exchange_ports.cli.stacks import file_of
from exchange_ports.findings import Refused
from tests.support.command import run
from tests.support.paths import DEV, ROOT
from tests.support.repository import Repository

_PROJECT: Final = "name: exchange-ports\nruntime: python\n"


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize(
    "files, here, word, file",
    [
        # Where the project says that its stack files are; by default beside it.
        (("Pulumi.yaml: stacks", "stacks/Pulumi.dev.yaml"), "", "dev", "stacks/Pulumi.dev.yaml"),
        (("Pulumi.yaml", "Pulumi.dev.yaml"), "", "dev", "Pulumi.dev.yaml"),
        # A stack file ends as the project file does.
        (("Pulumi.yml: stacks", "stacks/Pulumi.dev.yml"), "", "dev", "stacks/Pulumi.dev.yml"),
        # The project file above this folder.
        (("Pulumi.yaml: s", "s/Pulumi.dev.yaml", "a/b/x"), "a/b", "dev", "../../s/Pulumi.dev.yaml"),
        # The nearest project.
        (("Pulumi.yaml", "Pulumi.dev.yaml", "a/Pulumi.yaml", "a/Pulumi.dev.yaml"), "a", "dev",
         "Pulumi.dev.yaml"),
        # A file of that name wins, a folder does not.
        (("Pulumi.yaml", "Pulumi.dev.yaml", "dev"), "", "dev", "dev"),
        (("Pulumi.yaml", "Pulumi.dev.yaml", "dev/x"), "", "dev", "Pulumi.dev.yaml"),
        (("Pulumi.yaml", "dev/x"), "", "dev", "dev"),
        (("dev/x",), "", "dev", "dev"),
        # A path is a path, whether or not there is such a file.
        (("Pulumi.yaml",), "", "gone.yaml", "gone.yaml"),
        (("Pulumi.yaml",), "", "stacks/dev", "stacks/dev"),
        (("Pulumi.yaml", "Pulumi.v1.2.yaml"), "", "v1.2", "Pulumi.v1.2.yaml"),
    ],
)  # fmt: skip
def test_a_word_is_a_file_or_else_the_file_that_pulumi_reads_for_that_stack(
    files: tuple[str, ...],
    here: str,
    word: str,
    file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for each in files:
        name, _, folder = each.partition(": ")
        text = f"{_PROJECT}stackConfigDir: {folder}\n" if folder else _PROJECT
        _write(tmp_path, {name: text})
    monkeypatch.chdir(tmp_path / here)
    assert file_of(word) == file


@pytest.mark.parametrize(
    "files, why, fix",
    [
        (("Pulumi.yaml", "s/Pulumi.prod.yaml", "s/Pulumi.test.yaml", "s/Pulumi.x.yml"),
         "Pulumi.yaml has the stacks prod, test in s.", 'Did you mean "prod"?'),
        (("Pulumi.yaml", "s/Pulumi.live.yaml"),
         "Pulumi.yaml has the stacks live in s.", "Name one of them, or a file."),
        (("Pulumi.yaml",), "Pulumi.yaml has no stack file in s.",
         "Create the file, for example with `exchange-ports init pord`."),
        ((), "The folder is not in a Pulumi project, so it has no stacks.",
         "Name a stack file, such as `stacks/Pulumi.dev.yaml`."),
    ],
)  # fmt: skip
def test_a_name_of_no_stack_is_answered_by_the_stacks_there_are(
    files: tuple[str, ...], why: str, fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write(tmp_path, dict.fromkeys(files, f"{_PROJECT}stackConfigDir: s\n"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused) as refused:
        file_of("pord")
    (finding,) = refused.value.findings
    assert (finding.kind.code, finding.why, finding.fix) == ("unknown-stack", why, fix)


def test_a_command_answers_for_the_name_as_for_the_file() -> None:
    for command in (("plan",), ("matrix",), ("diagram",), ("report",), ("prove",)):
        assert run(*command, "dev").stdout == run(*command, DEV).stdout
    asked = ("ex1", "ex2", "443/tcp")
    assert run("check", "dev", *asked).stdout == run("check", DEV, *asked).stdout
    assert run("diff", "dev", "dev").stdout == run("diff", DEV, DEV).stdout
    assert (
        run("plan", "dev", "--against", "dev").stdout == run("plan", DEV, "--against", DEV).stdout
    )


@pytest.mark.slow
def test_a_stack_is_compared_with_a_revision_by_its_name(tmp_path: Path) -> None:
    text = (ROOT / DEV).read_text()
    repository = Repository(tmp_path)
    repository.commit({"Pulumi.yaml": f"{_PROJECT}stackConfigDir: stacks\n", DEV: text})
    repository.write({DEV: text.replace("10.64.8.0/24", "10.64.9.0/24")})
    by_name = run("diff", "--against", "HEAD", "dev", folder=tmp_path)
    by_path = run("diff", "--against", "HEAD", DEV, folder=tmp_path)
    assert b"10.64.9.0/24" in by_name.stdout
    assert by_name.stdout == by_path.stdout
    gone = run("diff", "--against", "HEAD", "dve", folder=tmp_path)
    assert (gone.returncode, gone.stdout) == (2, b"")

"""Code that changes beside stack files is named, and many new environments hide none that changes."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.cli import main
from tests.differences.written import START
from tests.support.repository import Repository

pytestmark = pytest.mark.slow

AWS: Final = "stacks/Pulumi.aws.yaml"
BASE: Final[Mapping[str, str | None]] = {
    AWS: START[AWS],
    "__main__.py": "print()\n",
    "Pulumi.yaml": "name: mail\nruntime: python\n",
}
WIDER: Final = START[AWS].replace("[https, smtp_submission]", "[https, smtp_submission, imap]")

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture
def run(
    made: Repository, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    def done(*arguments: str, folder: str = "") -> tuple[int, str]:
        monkeypatch.chdir(made.path / folder)
        code = main(["diff", *arguments])
        return code, capsys.readouterr().out

    return done


def named(run: Run, base: str, *more: str, folder: str = "") -> list[str]:
    # Named whether or not the project file can be read.
    _, out = run("--against", base, *more, "--format", "json", folder=folder)
    answer: dict[str, Any] = json.loads(out)
    assert answer["gates"]["code"] == len(answer["code_changed"])
    return answer["code_changed"]


#: A file that is written beside the project at the top, or in `infra/mail`, and whether it is named.
AT_THE_TOP: Final = {
    "__main__.py": True,
    "exchange_ports/flows/rows.py": True,
    "exchange_ports/data/ports.json": True,
    "Pulumi.yaml": True,
    "Pulumi.yml": True,
    "requirements.txt": True,
    "constraints.txt": True,
    "pyproject.toml": True,
    "Makefile": True,
    ".github/workflows/firewall.yml": True,
    ".gitlab-ci.yml": True,
    "azure-pipelines.yml": True,
    "docs/conf.py": True,
    "unknown": True,
    "other/Pulumi.prod.yaml": True,
    "README.md": False,
    "docs/pictures/change.svg": False,
    "stacks/Pulumi.other.yaml": False,
    "Pulumi.other.yaml": False,
}
IN_A_FOLDER: Final = {
    "infra/mail/__main__.py": True,
    "infra/mail/lib/x.py": True,
    "infra/mail/README.md": False,
    "infra/pyproject.toml": True,
    "Makefile": True,
    ".github/workflows/firewall.yml": True,
    "infra/.ci/build": True,
    "README.md": False,
    "web/app.py": False,
    "infra/web/app.py": False,
    "infra/mail2/__main__.py": False,
}


@pytest.mark.parametrize("on_disk", [True, False])
@pytest.mark.parametrize("folder, files", [("", AT_THE_TOP), ("infra/mail", IN_A_FOLDER)])
def test_every_file_but_those_known_to_be_harmless_is_code(
    made: Repository, run: Run, folder: str, files: Mapping[str, bool], on_disk: bool
) -> None:
    above = f"{folder}/" if folder else ""
    base = made.commit({above + path: text for path, text in BASE.items()})
    changed: dict[str, str | None] = {path: f"changed: {path}\n" for path in files}
    if on_disk:
        made.write(changed)
        # What git does not know yet is looked for in the project alone.
        expected = {path for path, code in files.items() if code and path.startswith(above)}
        more: tuple[str, ...] = ()
    else:
        made.commit(changed)
        expected = {path for path, code in files.items() if code}
        more = ("--at", "HEAD")
    found = named(run, base, *more, folder=folder)
    assert set(found) == expected
    # Those of the project first.
    assert found == sorted(found, key=lambda path: (not path.startswith(above), path))


def test_files_that_go_or_move_or_become_links_are_code_too(made: Repository, run: Run) -> None:
    base = made.commit({**BASE, "docs/index.md": "words\n", "lib/old.py": "x = 1\n"})
    made.commit({"lib/old.py": None, "lib/new.py": "x = 1\n", "docs/index.md": None})
    (made.path / "docs").mkdir(exist_ok=True)
    (made.path / "docs" / "index.md").symlink_to("/etc/passwd")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "a link")
    assert named(run, base, "--at", "HEAD") == ["docs/index.md", "lib/new.py", "lib/old.py"]


def test_a_file_of_which_only_the_time_changed_is_not_named(made: Repository, run: Run) -> None:
    made.commit(BASE)
    (made.path / "__main__.py").write_text("print()\n")
    (made.path / "__main__.py").touch()
    assert named(run, "HEAD") == []
    (made.path / "__main__.py").chmod(0o755)
    assert named(run, "HEAD") == ["__main__.py"]


def test_a_file_that_is_in_the_index_alone_is_named(made: Repository, run: Run) -> None:
    made.commit(BASE)
    made.write({"staged.py": "x = 1\n"})
    made.git("add", "staged.py")
    assert named(run, "HEAD") == ["staged.py"]


def test_code_is_reported_first_in_each_format_and_has_a_gate(made: Repository, run: Run) -> None:
    base = made.commit(BASE)
    made.commit({f"lib/part{number:02}.py": "x = 1\n" for number in range(12)})
    asked = ("--against", base, "--at", "HEAD")
    words = "lib/part08.py, lib/part09.py, and 2 more. These files can change what is registered."

    code, text = run(*asked)
    assert code == 0
    assert text.startswith("Code changed: 12 files. No stack file differs.\n")
    assert words in " ".join(text.split())
    code, comment = run(*asked, "--format", "markdown", "--fail-on", "code")
    assert code == 1
    assert comment.splitlines()[1] == "### Code changed: 12 files. No stack file differs."
    assert words in comment.replace("`", "")
    # Traffic is another gate's affair.
    assert run(*asked, "--fail-on", "newly_allowed")[0] == 0
    made.commit(dict.fromkeys(map("lib/part{:02}.py".format, range(12))))
    assert run(*asked, "--fail-on", "code") == (0, "No stack file differs.\n")


# ---- decoys ----


def lab(number: int, text: str = START[AWS]) -> str:
    return text.replace("organization: ", f"organization: lab{number}-")


@pytest.mark.parametrize("name", ["Pulumi.aws.yaml", "Pulumi.zz.yaml"])
def test_no_number_of_new_environments_hides_one_that_changes(
    made: Repository, run: Run, name: str
) -> None:
    stack = f"stacks/{name}"
    base = made.commit({stack: START[AWS], "Pulumi.yaml": "name: mail\nruntime: python\n"})
    made.commit({f"stacks/Pulumi.b{number:03}.yaml": lab(number) for number in range(20)})
    made.commit({stack: WIDER})

    _, text = run("--against", base, "--at", "HEAD", "--format", "markdown")

    shown = name.removeprefix("Pulumi.").removesuffix(".yaml")
    lines = text.splitlines()
    assert f"Changed: `{shown}`." in lines
    # It stands before all that is new: in the headline, in the table and below.
    assert lines[1].startswith("### Allows 143,")
    (head,) = [number for number, line in enumerate(lines) if line.startswith("| stack |")]
    assert lines[head + 2].startswith(f"| `{shown}` |")
    headings = [line for line in lines if line.startswith("#### ")]
    assert headings[0] == f"#### `{shown}`"


def test_environments_that_are_gone_or_renamed_are_named_beside_new_ones(
    made: Repository, run: Run
) -> None:
    gone = "config:\n  exchange-ports:topology:\n    organization: lab\n"
    base = made.commit({"stacks/Pulumi.prod.yaml": START[AWS], "stacks/Pulumi.gone.yaml": gone})
    files: dict[str, str | None] = {
        f"stacks/Pulumi.n{number:03}.yaml": lab(number) for number in range(20)
    }
    files |= {"stacks/Pulumi.prod.yaml": None, "stacks/Pulumi.gone.yaml": None}
    made.commit({**files, "stacks/Pulumi.moved.yaml": WIDER})

    _, text = run("--against", base, "--at", "HEAD", "--format", "markdown")

    lines = text.splitlines()
    assert "Renamed: `stacks/Pulumi.prod.yaml` → `moved`." in lines
    assert "Deleted: `gone`." in lines

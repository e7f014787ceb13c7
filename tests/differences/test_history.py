"""What a reviewer reads of each edit of a written history: every comment whole, as a golden."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from exchange_ports.cli import main
from tests.differences.written import START, Edit, states
from tests.support.repository import Repository

_BLOB = "https://github.example/contoso/mail/blob"
_COMMENTS: Final = sorted((Path(__file__).parents[1] / "goldens" / "history").glob("*.md"))


@pytest.fixture(scope="module")
def history(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Repository, dict[str, tuple[str, str]]]:
    made = Repository(tmp_path_factory.mktemp("history"))
    before = made.commit(START, "start")
    commits: dict[str, tuple[str, str]] = {}
    for edit, files in states():
        after = made.commit(files, edit.name)
        commits[edit.name] = (before, after)
        before = after
    return made, commits


@pytest.mark.slow
@pytest.mark.parametrize("edit", [edit for edit, _ in states()], ids=lambda edit: edit.name)
def test_the_comment_of_an_edit_is_as_written(
    edit: Edit,
    history: tuple[Repository, dict[str, tuple[str, str]]],
    golden: Callable[[str, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, commits = history
    base, head = commits[edit.name]
    monkeypatch.chdir(made.path)
    links = [f"--link-base={_BLOB}/{head}", f"--old-link-base={_BLOB}/{base}"]
    code = main(["diff", "--against", base, "--at", head, "--format", "markdown", *links])
    assert code == (2 if edit.name == "edge-becomes-client-access" else 0)
    golden(f"history/{edit.name}.md", capsys.readouterr().out)


def test_every_line_of_a_comment_has_a_citation_or_the_operator_s_words() -> None:
    assert len(_COMMENTS) == len(list(states()))
    seen = 0
    for comment in _COMMENTS:
        for line in comment.read_text("utf-8").splitlines():
            cells = line.split(" | ")
            if not re.match(r"\| \*\*.\*\*$", cells[0]):
                continue
            seen += 1
            why, place = cells[3], cells[4]
            assert re.search(r"\]\(https://learn\.microsoft\.com/|^operator: `", why), line
            assert _BLOB in place or "probes of Azure" in why, line
    assert seen > 50

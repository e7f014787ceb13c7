"""Pages of docs/ with transcripts: each is what happens. `--update-goldens` rewrites them."""

from typing import Final

import pytest

from exchange_ports.cli import main
from tests.support.paths import ROOT, UPDATE
from tests.support.transcripts import CUT, Block, as_arguments, blocks, missing, steps

PAGES: Final = {
    "adopting.md": 4,
    "asking.md": 9,
    "audit.md": 1,
    "diff.md": 3,
    "endpoints.md": 4,
    "handing-over.md": 1,
    "hybrid.md": 2,
    "rehearse.md": 1,
    "reporting.md": 1,
    "updates.md": 4,
}


def transcripts(page: str) -> list[Block]:
    text = (ROOT / "docs" / page).read_text("utf-8")
    return [block for block in blocks(text) if block.language == "console"]


def transcript(block: Block, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The block as it should be: each command with all that it says."""
    lines: list[str] = []
    code = 0
    for step in steps(block.lines):
        lines.append(f"$ {step.command}")
        if step.command == "echo $?":
            lines.append(str(code))
            continue
        arguments = as_arguments(step.command)
        assert arguments is not None, step.command
        code = main(arguments)
        reported = capsys.readouterr()
        lines += (reported.out + reported.err).rstrip("\n").splitlines()
    return lines


@pytest.mark.parametrize("name", PAGES)
def test_every_transcript_is_what_happens(
    name: str,
    pytestconfig: pytest.Config,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    found = transcripts(name)
    assert len(found) >= PAGES[name]
    path = ROOT / "docs" / name
    page = path.read_text("utf-8").splitlines()
    # From the end, so that the lines before keep their numbers.
    for block in reversed(found):
        real = transcript(block, capsys)
        if CUT in block.lines:
            # What was left out was left out by hand, so the rest is mended by hand.
            assert not missing(block.lines, "\n".join(real)), f"docs/{name}:{block.at}"
            continue
        if pytestconfig.getoption(UPDATE):
            page[block.at : block.at + len(block.lines)] = real
        else:
            assert list(block.lines) == real, f"docs/{name}:{block.at}"
    if pytestconfig.getoption(UPDATE):
        path.write_text("\n".join(page) + "\n", "utf-8")


def test_the_page_asks_with_every_command_that_answers() -> None:
    commands = {
        step.command.split()[1] for b in transcripts("asking.md") for step in steps(b.lines)
    }
    assert {"check", "explain", "matrix", "prove"} <= commands

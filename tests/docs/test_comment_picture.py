"""The picture of a comment in the README shows the comment that tests read."""

from scripts.comment_picture import COMMENT, DIGEST, PICTURE, as_html, digest
from tests.support.paths import ROOT

#: Bytes of a picture that loads at once.
MOST = 150_000


def is_current(comment: str) -> bool:
    return DIGEST.read_text("utf-8").strip() == digest(comment)


def test_the_comment_is_the_one_in_the_picture() -> None:
    assert is_current(COMMENT.read_text("utf-8")), "run scripts/comment_picture.py"


def test_a_changed_comment_is_noticed() -> None:
    assert not is_current(COMMENT.read_text("utf-8").replace("RDP", "SSH"))


def test_the_readme_shows_the_picture_and_it_is_small() -> None:
    assert f"]({PICTURE.relative_to(ROOT).as_posix()})" in (ROOT / "README.md").read_text("utf-8")
    assert PICTURE.read_bytes().startswith(b"\x89PNG")
    assert PICTURE.stat().st_size < MOST


def test_the_page_shows_all_of_the_comment_in_the_colors_of_its_lines() -> None:
    page = as_html(COMMENT.read_text("utf-8"))
    assert "[!CAUTION]" not in page
    assert '<span class="add">+ 3389/tcp (RDP)' in page
    tables = [
        line for line in COMMENT.read_text("utf-8").splitlines() if line.startswith(("|---", "|:"))
    ]
    assert page.count("<table>") == len(tables)

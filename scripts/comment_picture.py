"""The comment of a review as a picture: `.venv/bin/python scripts/comment_picture.py`.

The comment is one that tests read (`tests/goldens/comment/`). It is written as HTML by the Markdown library of
the documentation, with colors and sizes as on GitHub, and drawn by Chromium. `docs/pictures/comment.sha256` keeps the digest
of the comment, so that a test notices when the picture is older than the comment.
"""

import re
import shutil
import subprocess
import sys
from hashlib import sha256
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from markdown_it import MarkdownIt

__all__ = ["COMMENT", "DIGEST", "PICTURE", "as_html", "digest"]

_ROOT: Final = Path(__file__).parent.parent
COMMENT: Final = _ROOT / "tests" / "goldens" / "comment" / "remote-desktop-from-the-internet.md"
PICTURE: Final = _ROOT / "docs" / "pictures" / "comment.png"
DIGEST: Final = PICTURE.with_suffix(".sha256")

#: In pixels: as wide as a comment on GitHub, and high enough for this one.
_WIDTH: Final = 830
_HEIGHT: Final = 610

_STYLE: Final = """
* { box-sizing: border-box; }
body { margin: 0; padding: 12px; background: #fff; color: #1f2328;
  font: 14px/1.5 "Noto Sans", "Liberation Sans", Helvetica, Arial, sans-serif; }
article { border: 1px solid #d1d9e0; border-radius: 6px; overflow: hidden; }
header { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; color: #59636e; }
header b { color: #1f2328; }
main { padding: 16px; }
main > :first-child { margin-top: 0; }
main > :last-child { margin-bottom: 0; }
h3 { font-size: 17px; margin: 0 0 14px; } h4 { font-size: 14px; margin: 16px 0 10px; } p { margin: 0 0 12px; }
code, pre { font: 12px/1.45 "DejaVu Sans Mono", "Liberation Mono", monospace; }
code { background: #eff1f3; padding: 2px 5px; border-radius: 6px; }
pre { background: #f6f8fa; border-radius: 6px; padding: 12px 16px; margin: 0 0 12px; }
pre code { background: none; padding: 0; } pre span { display: block; }
.add { background: #dafbe1; color: #116329; } .del { background: #ffebe9; color: #82071e; } .note { color: #953800; }
table { border-collapse: collapse; margin: 0 0 12px; font-size: 13px; }
th, td { border: 1px solid #d1d9e0; padding: 5px 10px; }
.alert { border-left: 4px solid #cf222e; padding: 4px 16px; margin: 0 0 12px; }
.alert b { color: #d1242f; display: block; }
summary { margin: 0 0 6px; } summary code { background: none; }
"""


def digest(comment: str) -> str:
    """The digest of a comment, as `DIGEST` has it."""
    return sha256(comment.encode()).hexdigest()


def as_html(comment: str) -> str:
    """A page that shows a comment as GitHub does: its folds are closed, and `diff` blocks have colors."""
    body = MarkdownIt("commonmark", {"html": True}).enable("table").render(comment)
    body = re.sub(
        r"<blockquote>\s*<p>\[!CAUTION\]\s*(.*?)</p>\s*</blockquote>",
        r'<div class="alert"><b>Caution</b>\1</div>',
        body,
        flags=re.DOTALL,
    )
    body = re.sub(r'<code class="language-diff">(.*?)</code>', _colored, body, flags=re.DOTALL)
    return (
        f'<!doctype html><meta charset="utf-8"><title>Comment</title><style>{_STYLE}</style>'
        f"<article><header><b>github-actions</b> commented</header><main>{body}</main></article>\n"
    )


def _colored(block: re.Match[str]) -> str:
    kinds = {"+": "add", "-": "del", "!": "note"}
    lines = block[1].rstrip("\n").split("\n")
    return "".join(
        f'<span class="{kinds.get(line[:1], escape("same"))}">{line or " "}</span>'
        for line in lines
    )


def main() -> int:
    """Draw the picture and write the digest; exit code 2 without Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("the picture is drawn by chromium, which is not installed\n")
        return 2
    comment = COMMENT.read_text("utf-8")
    with TemporaryDirectory() as folder:
        page = Path(folder) / "comment.html"
        page.write_text(as_html(comment), "utf-8")
        subprocess.run(
            [
                chromium,
                *("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
                f"--user-data-dir={folder}/profile",
                f"--window-size={_WIDTH},{_HEIGHT}",
                f"--screenshot={PICTURE}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    DIGEST.write_text(f"{digest(comment)}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

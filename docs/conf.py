"""The documentation site: `make docs` builds it into dist/site. Any broken link, anchor or reference fails it.

The pages are Markdown that GitHub shows as well, so what only a site needs stands here: its contents, and
the reference pages that are written from the code (`generated/`, not in the repository).
"""

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from docutils import nodes
from docutils.transforms import Transform
from sphinx.application import Sphinx

_DOCS: Final = Path(__file__).parent
sys.path.insert(0, str(_DOCS.parent))

from exchange_ports import __version__  # noqa: E402
from exchange_ports.catalog import BY_ID, CatalogEntry, CatalogSection  # noqa: E402
from exchange_ports.cli.arguments import COMMANDS, actions_of, volume_words  # noqa: E402
from exchange_ports.clouds import cloud, platforms  # noqa: E402
from exchange_ports.clouds.base import Limit  # noqa: E402
from exchange_ports.topology.validate import topology_schema  # noqa: E402
from exchange_ports.versions import Article  # noqa: E402

# ---- what Sphinx reads ----

project = "exchange-ports"
release = version = __version__
copyright = "the exchange-ports authors"  # noqa: A001 Sphinx's name
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
#: The last two are for the Pulumi registry, which has a language of its own.
exclude_patterns = ["templates", "_index.md", "installation-configuration.md"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["narrow.css"]
html_title = f"exchange-ports {release}"
html_show_sourcelink = False
html_show_sphinx = False
#: As GitHub does it.
myst_heading_anchors = 4
nitpicky = True
#: Pages show wrong YAML on purpose.
suppress_warnings = ["misc.highlighting_failure"]
#: What annotations name and no page here describes.
nitpick_ignore_regex = [("py:.*", r".*")]
autodoc_typehints = "description"

#: Pages by what a reader wants to do. All others are in none of these, and Sphinx says so.
_CONTENTS: Final[Mapping[str, Iterable[str]]] = {
    "Start": ("start", "deploying", "permissions", "attaching", "component"),
    "How to": (
        "adding-a-server",
        "adding-edge",
        "upgrading",
        "moving-to-azure",
        "reviewing",
        "diff",
        "updates",
        "adopting",
        "audit",
        "rehearse",
        "reporting",
        "handing-over",
        "asking",
        "endpoints",
    ),
    "Situations": ("situations/index",),
    "Reference": (
        "generated/stack-file",
        "generated/command-line",
        "findings/index",
        "versions",
        "hybrid",
        "unified-messaging",
        "generated/catalog",
        "generated/limits",
        "exit-codes",
        "compatibility",
        "diagram",
        "python",
        "generated/api",
        "bench",
        "mutation",
        "reference/index",
    ),
    "Explanation": ("why", "proof", "readings", "architecture", "component-guidelines"),
    "Project": ("names", "wording", "releasing", "generated/changelog", "generated/contributing"),
}
#: Pages of the repository that are pages of the site as well.
_FROM_THE_TOP: Final = {
    "CHANGELOG.md": "generated/changelog.md",
    "CONTRIBUTING.md": "generated/contributing.md",
}
#: Pages that have the contents of a folder.
_FOLDERS: Final = {
    "situations/index": "situations",
    "reference/index": "reference",
    "findings/index": "findings",
}


def _toctree(pages: Iterable[str], caption: str = "") -> str:
    head = f":caption: {caption}\n" if caption else ""
    return "\n".join(
        ["\n```{toctree}", f":hidden:\n{head}", *(f"/{page}" for page in pages), "```\n"]
    )


def _with_contents(_: Sphinx, page: str, source: list[str]) -> None:
    """Add the contents of the site, or of a folder, to the page that has them."""
    if page == "index":
        source[0] += "".join(_toctree(pages, caption) for caption, pages in _CONTENTS.items())
    elif page in _FOLDERS:
        folder = _DOCS / _FOLDERS[page]
        below = sorted(each.stem for each in folder.glob("*.md") if each.stem != "index")
        source[0] += _toctree(f"{folder.name}/{each}" for each in below)


_LINK: Final = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<path>\.\./[^)#\s]*)(?P<anchor>#[^)]*)?\)")


def _without_the_repository(_: Sphinx, page: str, source: list[str]) -> None:
    """Leave the words of a link to a folder or page that is outside this site; a file can be downloaded."""

    def shown(link: re.Match[str]) -> str:
        target = ((_DOCS / page).parent / link["path"]).resolve()
        if target.is_dir():
            return link["text"]
        if target.is_relative_to(_DOCS):
            return link[0]
        name = target.relative_to(_DOCS.parent).as_posix()
        if name in _FROM_THE_TOP:
            return f"[{link['text']}](/{_FROM_THE_TOP[name]}{link['anchor'] or ''})"
        return link["text"] if target.suffix == ".md" else link[0]

    source[0] = _LINK.sub(shown, source[0])


class _Anchors(Transform):
    """Make `<a id="V5"></a>` of a page a place that links can name, as it is on GitHub."""

    default_priority = 870  # before MyST resolves links within a page

    def apply(self) -> None:
        """Add what stands in the page's HTML to the anchors of its headings."""
        for raw in self.document.findall(nodes.raw):
            for found in re.findall(r'<a (?:id|name)="([^"]+)"', raw.astext()):
                self.document.myst_slugs.setdefault(found, (raw.line or 0, found, found))


# ---- pages from the code ----


def _command_line() -> Iterator[str]:
    yield "# Command line\n"
    yield "What each command takes, as `--help` prints it. Exit codes: 0 fine, 1 a check failed, 2 bad input.\n"
    for name, (does, words, _) in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"exchange-ports {name}")
        words(parser)
        volume_words(parser)
        yield f"## {name}\n\n{does[0].upper()}{does[1:]}.\n\n```text\n{parser.format_help()}```\n"
        for action, inner in actions_of(parser).items():
            yield f"### {name} {action}\n\n```text\n{inner.format_help()}```\n"


def _stack_file() -> Iterator[str]:
    schema = topology_schema()
    yield "# Stack file\n"
    yield "Every field of `exchange-ports:topology`, written from the models that read it.\n"
    yield from _fields("Topology", schema)
    for name, each in sorted(schema["$defs"].items()):
        if "properties" in each:
            yield from _fields(name, each)
    yield "## Words\n"
    for name, each in sorted(schema["$defs"].items()):
        if "enum" in each:
            words = ", ".join(f"`{word}`" for word in each["enum"])
            yield f"(word-{name.lower()})=\n### {name}\n\n{each.get('description', '')}\n\n{words}\n"


def _fields(name: str, of: Mapping[str, Any]) -> Iterator[str]:
    yield f"(field-{name.lower()})=\n## {name}\n\n{of.get('description', '')}\n"
    yield "| field | type | needed | meaning | example |\n|---|---|---|---|---|"
    for field, each in of["properties"].items():
        needed = "yes" if field in of.get("required", ()) else ""
        examples = each.get("examples", [])
        shown = f"`{json.dumps(examples[0])}`" if examples else ""
        meaning = " ".join(each.get("description", "").split()).replace("|", "\\|")
        yield f"| `{field}` | {_type(each)} | {needed} | {meaning} | {shown} |"
    yield ""


def _type(of: Mapping[str, Any]) -> str:
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return f"[{name}](#{_place(name)})"
    if "anyOf" in of or "oneOf" in of:
        several = [_type(each) for each in of.get("anyOf", of.get("oneOf", ()))]
        return " or ".join(dict.fromkeys(each for each in several if each != "null"))
    if of.get("type") == "array":
        return f"list of {_type(of.get('items', {}))}"
    if of.get("type") == "object":
        (inner,) = [*of.get("patternProperties", {}).values(), of.get("additionalProperties")][:1]
        return f"mapping of {_type(inner)}" if isinstance(inner, dict) else "mapping"
    words = [of["const"]] if "const" in of else of.get("enum", ())
    return " or ".join(f"`{word}`" for word in words) or str(of.get("type", "any"))


def _place(name: str) -> str:
    kind = "word" if "enum" in topology_schema()["$defs"][name] else "field"
    return f"{kind}-{name.lower()}"


def _catalog() -> Iterator[str]:
    yield "# Catalog of rows\n"
    yield "Every row of the published tables that rules are made of, and what other pages add. Rules, reports and"
    yield "`explain` name a row by its id. Exchange Server SE has no article of its own; the later article applies.\n"
    for section in CatalogSection:
        yield f"## {section}\n"
        yield "| row | traffic | ports | applies when | without it |"
        yield "|---|---|---|---|---|"
        yield from (_catalog_row(each) for each in BY_ID.values() if each.section is section)
        yield ""


def _catalog_row(entry: CatalogEntry) -> str:
    ports = "<br>".join(str(each).replace(",", ", ") for each in entry.ports) or "as declared"
    cites = ", ".join(f"[{each.title}]({entry.cite.where.url(each)})" for each in Article)
    traffic = f"{entry.summary}<br>{entry.source} → {entry.destination}<br>{entry.cite}: {cites}"
    cells = (traffic, ports, entry.when, entry.without)
    shown = " | ".join(each.replace("|", "\\|") for each in cells)
    return f'| <a id="{entry.id}"></a>{entry.id} | {shown} |'


def _limits() -> Iterator[str]:
    yield "# Limits\n"
    yield "What each cloud allows. A plan that exceeds a limit is refused before the cloud refuses it. `plan` shows the limits"
    yield "that are more than half used, and `plan --limits` shows all.\n"
    for platform in platforms():
        yield f"## {platform.summary}\n"
        yield "| limit | most | per | raised by the quota | if it is exceeded |"
        yield "|---|---|---|---|---|"
        yield from map(_limit, cloud(platform).limits.LIMITS)
        yield ""


def _limit(limit: Limit) -> str:
    quota = f"`{limit.quota}`" if limit.quota else "not raised"
    most = f"{limit.most:,} {limit.what}" if limit.most else f"no {limit.what}"
    return f"| [{limit.code}]({limit.cite}) | {most} | {limit.per} | {quota} | {limit.way_out} |"


_API: Final = """\
# Python API

```{eval-rst}
.. automodule:: exchange_ports.api
   :members:
.. autoclass:: exchange_ports.component.ExchangeFirewall
```
"""


def _from_the_top(text: str) -> str:
    """A page of the repository's top, with its links as they are two folders below."""
    return re.sub(
        r"\]\((?!https?:|#)(docs/)?", lambda found: "](../" if found[1] else "](../../", text
    )


def _write_pages(_: Sphinx) -> None:
    folder = _DOCS / "generated"
    folder.mkdir(exist_ok=True)
    top = [
        (name.partition("/")[2], _from_the_top((_DOCS.parent / page).read_text(encoding="utf-8")))
        for page, name in _FROM_THE_TOP.items()
    ]
    for name, text in (
        ("command-line.md", "\n".join(_command_line())),
        ("stack-file.md", "\n".join(_stack_file())),
        ("catalog.md", "\n".join(_catalog())),
        ("limits.md", "\n".join(_limits())),
        ("api.md", _API),
        *top,
    ):
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Sphinx calls this."""
    app.connect("builder-inited", _write_pages)
    app.connect("source-read", _without_the_repository)
    app.connect("source-read", _with_contents)
    app.add_transform(_Anchors)

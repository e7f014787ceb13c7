"""Every citation in the repository leads to an anchor in docs/reference.

The citations that are wrong on purpose are in this file, so the search leaves it out.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.docs.citations import (
    REFERENCE,
    ROOT,
    Anchors,
    anchors_of,
    citations,
    links,
    readings,
    searched_files,
    shipped,
    unresolved,
)

SAMPLE = Anchors(
    {
        "aws": ["2", "2.1", "2.2", "2.3", "4", "duplicate-key"],
        "azure": ["1", "2", "5"],
        "design": ["5", "5.3"],
        "exchange": ["3", "5", "6", "13", "V5", "E4", "E9", "M2", "A-07"],
    }
)


def texts() -> Iterator[tuple[str, str]]:
    for path in searched_files():
        yield path.relative_to(ROOT).as_posix(), path.read_text(errors="replace")


def test_every_citation_leads_to_an_anchor() -> None:
    faults = unresolved(texts(), shipped())
    assert not faults, "\n".join(faults)


def test_no_anchor_is_duplicated() -> None:
    assert shipped().duplicates() == []


def test_every_kind_of_citation_occurs_in_the_repository() -> None:
    """Otherwise a search that finds nothing would pass."""
    found = [citation for _, text in texts() for citation in citations(text)]
    pages = {citation.page for citation in found if citation.anchor is not None}
    assert pages >= {None, "aws", "azure", "design", "exchange", "pulumi", "ecosystem"}
    alone = {citation.anchor for citation in found if citation.page is None}
    assert alone >= {"V5", "A-05", "C1", "M5", "E8d", "G8", "R1", "N1", "W1"}


def test_the_page_of_readings_has_the_readings_of_the_reference() -> None:
    page = readings((ROOT / "docs" / "readings.md").read_text())
    reference = [id_ for id_ in shipped().pages["exchange"] if id_.startswith("A-")]
    assert sorted(page) == reference


def test_every_link_to_the_reference_leads_to_an_anchor() -> None:
    anchors = shipped()
    for name, text in texts():
        if not name.endswith(".md"):
            continue
        for line, target in links(text):
            path, _, anchor = target.partition("#")
            if "://" in path:
                continue
            file = (ROOT / name).parent / path if path else ROOT / name
            if file.resolve().parent != REFERENCE:
                continue
            where = f"{name}:{line} links {target}"
            assert file.is_file(), where
            assert not anchor or anchor in anchors.pages[file.stem], where


@pytest.mark.parametrize(
    "text, found",
    [
        ("(aws.md 2.4)", ["aws 2.4"]),
        ("aws.md 2.1, 2.2 and 3.6; API", ["aws 2.1", "aws 2.2", "aws 3.6"]),
        ("aws.md 2.1 to 2.3.", ["aws 2.1", "aws 2.3"]),
        ("Knows: aws.md 2 (quotas, names) and 4 (what moto", ["aws 2", "aws 4"]),
        ("(aws.md 2.3, azure.md 1)", ["aws 2.3", "azure 1"]),
        ("(aws.md\n2.6, 3.1 and 3.3; azure.md 5)", ["aws 2.6", "aws 3.1", "aws 3.3", "azure 5"]),
        ("stays (aws.md\n        # 2.6).", ["aws 2.6"]),
        ("reference/azure.md 1, 2", ["azure 1", "azure 2"]),
        ("`exchange.md` 3, which", ["exchange 3"]),
        ("(exchange.md 3: V1)", ["exchange 3", "exchange V1"]),
        ("(exchange.md\n5, M2 and M5)", ["exchange 5", "exchange M2", "exchange M5"]),
        ("exchange.md 13 and E9", ["exchange 13", "exchange E9"]),
        ("exchange.md G8, and a general", ["exchange G8"]),
        ("exchange-later.md 8", ["exchange-later 8"]),
        ("m365-data.md 2, flowlogs.md 8", ["m365-data 2", "flowlogs 8"]),
        ("aws.md#duplicate-key.", ["aws duplicate-key"]),
        ("(aws.md names them)", ["aws None"]),
        ("(DESIGN 5, Updates)", ["design 5"]),
        ("DESIGN.md section 3: imports", ["design 3"]),
        ("DESIGN 5.3 and 5.4", ["design 5.3", "design 5.4"]),
        ("what section 5 of the design gives it", ["design 5"]),
        ("sections 3 and 5 of\n# the design", ["design 3", "design 5"]),
        ("(V5), A-05, E8d, M3i", ["None V5", "None A-05", "None E8d", "None M3i"]),
        ("(C1/M5/G8), R1-R3", ["None C1", "None M5", "None G8", "None R1", "None R3"]),
        ("EC2, EX1, 2027-W13-3, ec2.md 4, V1.2, C100, DC1", []),
    ],
)
def test_each_form_of_a_citation_is_found(text: str, found: list[str]) -> None:
    assert [f"{each.page} {each.anchor}" for each in citations(text)] == found


@pytest.mark.parametrize(
    "text, cited",
    [
        ("aws.md 2.4", "aws.md 2.4"),
        ("aws.md 2.1, 2.9", "aws.md 2.9"),
        ("aws.md\n# 9", "aws.md 9"),
        ("aws.md#no-such-fact", "aws.md#no-such-fact"),
        ("exchange.md E5", "exchange.md E5"),
        ("pulumi.md 3", "pulumi.md 3"),
        ("prior-art.md", "prior-art.md"),
        ("DESIGN 9", "DESIGN 9"),
        ("section 7 of the design", "DESIGN 7"),
        ("why: not supported (V13)", "V13"),
        ("A-99", "A-99"),
        ("G40", "G40"),
    ],
)
def test_a_broken_citation_is_reported_with_its_line(text: str, cited: str) -> None:
    (fault,) = unresolved([("module.py", f"first line\n{text}")], SAMPLE)
    assert fault.startswith("module.py:")
    assert f" cites {cited}, and " in fault


def test_citations_that_lead_to_an_anchor_are_not_reported() -> None:
    text = (
        "aws.md 2.1, 4; azure.md 5; DESIGN 5.3; exchange.md 6, E4; V5, A-07; aws.md#duplicate-key"
    )
    assert unresolved([("module.py", text)], SAMPLE) == []


def test_a_duplicated_anchor_is_reported() -> None:
    page = anchors_of('<a id="2.4"></a>\n\n## 2.4 Semantics\n\n| <a id="V5"></a>V5 |')
    assert Anchors({"aws": page}).duplicates() == []
    assert Anchors({"aws": [*page, "2.4"]}).duplicates() == ["aws.md has 2.4 twice"]
    assert Anchors({"aws": page, "azure": ["2.4", "V5"]}).duplicates() == [
        "aws.md and azure.md both have V5"
    ]


def test_pictures_and_this_file_are_not_searched() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in searched_files()}
    assert "docs/reference/exchange.md" in names
    assert "exchange_ports/__init__.py" in names
    assert not {name for name in names if PurePosixPath(name).suffix == ".svg"}
    assert "tests/docs/test_citations.py" not in names

"""The comment is ours alone: no word of a user is read as Markdown, and it is never too long."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from exchange_ports.reports.comment import MOST_BYTES, Links, comment
from exchange_ports.reports.headline import headline
from exchange_ports.reports.review import Review, Stack, compared, review
from tests.differences.comment_cases import CASES, shown, stack_of
from tests.differences.written import START

LINKS: Final = Links("https://forge.example/new", "https://forge.example/old")
TEXT: Final = START["stacks/Pulumi.aws.yaml"]
FLOWS: Final = "    additional_flows:\n"
#: What a hostile pull request would have in a comment.
HOSTILE: Final = (
    "@octocat please merge",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<img src=https://evil.example/x.png>",
    "https://evil.example/x",
    "www.evil.example",
    "a | b | c",
    "a \\\\| b",
    "` <b>x</b>",
    "`` ` ``` @octocat",
    "--> <h1>Opens nothing</h1> <!--",
    "</details>",
    "</code></td></tr></table>",
    "~~~ x",
    "**bold** _it_ #1 owner/name#2 :tada:",
    "&lt;b&gt; &amp;",
    "$x$ $$y$$",
    "ends in a backslash \\\\",
)


def stack(text: str, file: str = "stacks/Pulumi.aws.yaml") -> Stack:
    return stack_of(text, file)


@pytest.mark.parametrize("case", CASES)
def test_the_comment_of_an_edit_is_the_one_that_was_approved(
    case: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"comment/{case}.md", shown(case))


def with_flows(*flows: str) -> str:
    return TEXT.replace(FLOWS, FLOWS + "".join(f"      - {flow}\n" for flow in flows))


def flow(number: int, reason: str) -> str:
    words = reason.replace('"', "'")
    return (
        f"{{from: 10.99.{number // 250}.{number % 250}, to: mailbox@hq, ports: [{8000 + number}/tcp], "
        f'reason: "{words}", owner: "{words}", ticket: "{words}"}}'
    )


def tokens(text: str) -> Iterator[Token]:
    # As GitHub reads it: CommonMark with tables and bare addresses.
    for block in MarkdownIt("commonmark").enable("table").parse(text):
        yield block
        yield from block.children or ()


def reported(found: Review) -> str:
    return comment(compared([found], "a" * 40, "b" * 40), LINKS)


@pytest.mark.slow
@pytest.mark.parametrize("words", HOSTILE)
def test_words_of_users_are_code_and_nothing_else(words: str) -> None:
    after = stack(with_flows(flow(1, words)))
    assert after.plans is not None, [str(each) for each in after.findings]
    text = reported(review(stack(TEXT), after))
    ours = reported(review(stack(TEXT), stack(with_flows(flow(1, "harmless")))))
    kinds = [(each.type, each.tag, each.attrs.get("href")) for each in tokens(text)]
    # The same tokens as for words without meaning, so theirs have none.
    assert kinds == [(each.type, each.tag, each.attrs.get("href")) for each in tokens(ours)]
    plain = "".join(each.content for each in tokens(text) if each.type == "text")
    assert "evil" not in plain
    assert "octocat" not in plain
    html = {each.content.strip() for each in tokens(text) if each.type.startswith("html")}
    assert html == {each.content.strip() for each in tokens(ours) if each.type.startswith("html")}
    shown = [each.content for each in tokens(text) if each.type == "code_inline"]
    assert words.replace("\\\\", "\\") in shown


@pytest.mark.parametrize(
    "file",
    [
        "stacks/Pulumi.@octocat.yaml",
        "stacks/Pulumi.](https:evil).yaml",
        "stacks/Pulumi.a|b`c.yaml",
        "stacks/Pulumi.-->\n# x\n<!--.yaml",
    ],
)
@pytest.mark.parametrize("text", [with_flows(flow(1, "words")), "config: [", ""])
def test_names_of_files_are_code_too(file: str, text: str) -> None:
    shown = reported(review(None, stack(text, file)))
    plain = "".join(each.content for each in tokens(shown) if each.type == "text")
    assert "octocat" not in plain
    assert "evil" not in plain
    for each in tokens(shown):
        if each.type.startswith("html"):
            assert re.match(r"<(!-- exchange-ports:review|/?details)", each.content), each.content
        if each.type == "link_open":
            href = str(each.attrs["href"])
            assert href.startswith(("https://forge.example/", "https://learn.microsoft.com/"))
    assert sum(each.type == "heading_open" for each in tokens(shown)) == 2


def test_findings_of_a_broken_file_stay_in_their_block() -> None:
    broken = TEXT.replace("organization: contoso", 'organization: "``` @octocat <b> [x](y)"')
    found = review(stack(TEXT), stack(broken))
    assert found.fails
    shown = list(tokens(reported(found)))
    assert any("octocat" in each.content for each in shown if each.type == "fence")
    assert not any("octocat" in each.content for each in shown if each.type == "text")


def many(number: int) -> Review:
    # As many rows as flows, far over what a cloud takes: the quota is declared.
    words = "words of an operator that take room, " * 3
    text = with_flows(*(flow(n, f"{n} {words}") for n in range(number)))
    text = text.replace(
        "platform: aws,",
        "platform: aws, quotas: {rules_per_security_group: 200, security_groups_per_interface: 5},",
    )
    after = stack(text)
    assert after.plans is not None, [str(each) for each in after.errors]
    return review(stack(TEXT), after)


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 60, 150])
@pytest.mark.parametrize("copies", [1, 3, 60])
def test_it_is_never_too_long_and_cut_between_rows_only(number: int, copies: int) -> None:
    found = [many(number)] * copies
    text = comment(compared(found, "a" * 40, "b" * 40), LINKS)
    assert len(text.encode()) <= MOST_BYTES
    assert len(text) <= 65_536
    whole = comment(compared(found, "a" * 40, "b" * 40), LINKS, most=None)
    missing = set(text.splitlines()) - set(whole.splitlines())
    # Whole lines of the whole report, and lines that count what is left out.
    assert all(re.search(r"and \d+ more|\*\*\d+ more", line) for line in missing), missing
    assert bool(missing) == (len(whole.encode()) > MOST_BYTES)
    assert text.count("<details>") == text.count("</details>")
    assert "Not covered" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
        bars = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(bars) == 1


def test_what_is_left_out_is_counted() -> None:
    found = many(150)
    text = reported(found)
    rows = len(re.findall(r"^\| \*\*\+\*\* ", text, re.M))
    (left,) = re.findall(r"and (\d+) more rows, in the full report", text)
    assert 0 < rows < 150
    assert rows + int(left) == 150
    colored = len(re.findall(r"^\+ ", text, re.M))
    (below,) = re.findall(r"^# and (\d+) more in the table below", text, re.M)
    assert colored + int(below) == 150


def test_the_same_reviews_give_the_same_bytes() -> None:
    assert reported(many(60)) == reported(many(60))


def test_the_marker_has_both_commits_and_cannot_be_ended() -> None:
    text = comment(compared([], "a" * 40, "--> <b>x"), LINKS)
    assert re.match(
        r"<!-- exchange-ports:review v1 folder=\. head=[A-Za-z0-9-]+ base=a{40} -->\n", text
    )
    assert "> <b>" not in text.splitlines()[0]
    assert text.splitlines()[1] == "### No stack file differs."


def test_a_stack_that_differs_in_text_only_is_named_after_those_that_differ_in_effect() -> None:
    old = stack(TEXT)
    quiet = replace(review(old, stack(TEXT, "other.yaml"), "changed"), text_differs=True)
    differs = review(old, stack(with_flows(flow(1, "words"))))
    alone, both = (headline(compared(each, "a", "b")) for each in ([differs], [differs, quiet]))
    assert both == f"{alone} 1 stack file differs in text, not in effect: other.yaml."


@pytest.mark.slow
@pytest.mark.parametrize("changed", [1, 40, 200, 1000])
def test_an_environment_that_is_not_new_is_named_or_its_absence_is_the_news(changed: int) -> None:
    """However many others are new, and whatever their names are."""
    old, wider = stack(TEXT), stack(with_flows(flow(1, "words")))
    long = "n" * 180

    def at(each: Stack, name: str) -> Stack:
        return replace(each, file=f"stacks/Pulumi.{name}.yaml")

    edited = [f"z{number}{long}" for number in range(changed)]
    added = review(None, old)
    new = [replace(added, new=at(old, f"a{number}{long}")) for number in range(300)]
    one = review(old, wider)
    several = [replace(one, old=at(old, name), new=at(wider, name)) for name in edited]
    text = comment(compared([*new, *several], "a" * 40, "b" * 40), LINKS)

    assert len(text.encode()) <= MOST_BYTES
    missing = [name for name in edited if f"`{name}`" not in text]
    if changed < 1000:
        assert missing == []
        headings = re.findall("^#### (.*)$", text, re.M)
        assert headings[:1] == [f"`{edited[0]}`"][: len(headings)]
        assert re.search("[0-9]+ more stacks, in the full report", text)
    else:
        assert "**1000 stacks change that are not new" in text
        assert "Do not merge before you read the full report" in text
    # What changes stands before what new environments open, though that is from the Internet.
    assert text.splitlines()[1].startswith("### Allows 8001/tcp from `10.99.0.1` to ")


BRANCHES: Final = "branches: {from: [10.64.0.0/12], services: [https, imap]}"
CONTROLLERS: Final = "addresses: [10.20.2.10, 10.20.3.10]"


def colored(edit: str) -> list[str]:
    """The lines of traffic that a reader sees without unfolding anything."""
    text = reported(review(stack(TEXT), stack(edit)))
    blocks = re.findall(r"^```diff\n(.*?)^```", text, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line[0] in "+-!"]


def test_traffic_that_follows_from_an_address_is_folded() -> None:
    assert BRANCHES in TEXT
    assert CONTROLLERS in TEXT
    assert colored(TEXT.replace(BRANCHES, BRANCHES.replace("10.64.", "10.80."))) == []
    assert colored(TEXT.replace(CONTROLLERS, CONTROLLERS.replace("3.10", "3.11"))) == []


def test_other_services_of_a_neighbor_that_moves_are_not_folded() -> None:
    moved = BRANCHES.replace("10.64.", "10.80.").replace("imap", "imap, pop")
    lines = colored(TEXT.replace(BRANCHES, moved))
    assert any(line.startswith("+ 110,995/tcp (POP3, POP3S): clients branches") for line in lines)


def test_another_flow_with_the_address_of_a_neighbor_that_moves_is_not_folded() -> None:
    moved = with_flows(
        "{from: 10.20.3.11, to: edge, ports: [3389/tcp], reason: x, accept_risk: true}"
    )
    lines = colored(moved.replace(CONTROLLERS, CONTROLLERS.replace("3.10", "3.11")))
    assert any(line.startswith("+ 3389/tcp (RDP): 10.20.3.11") for line in lines)
    assert "! accepted risk" in lines


def test_a_risk_is_seen_whatever_edit_it_follows_from() -> None:
    lines = colored(
        TEXT.replace(BRANCHES, BRANCHES.replace("10.64.0.0/12", "198.18.0.0/15, 8.8.8.0/24"))
    )
    assert any("8.8.8.0/24" in line for line in lines)
    assert "! from the Internet" in lines

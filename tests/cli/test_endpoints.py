"""`endpoints`: what it lists and shows, how it compares, and what it makes of an answer of the web service."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exchange_ports.endpoints import EndpointSet, Instance
from exchange_ports.endpoints.shipped import SHIPPED, newest
from tests.support.command import run
from tests.support.paths import ROOT

FIXTURES: Final = ROOT / "tests" / "fixtures" / "endpoints"
ANSWER: Final = "tests/fixtures/endpoints/answer.json"
NEW_NAME: Final = "tests/fixtures/endpoints/new-name.yaml"
NEWER: Final = "tests/fixtures/endpoints/newer.yaml"
FORMATS: Final = ("text", "markdown", "html", "csv", "json")


def shown(*arguments: str, code: int = 0) -> str:
    ran = run("endpoints", *arguments)
    assert (ran.returncode, ran.stderr.decode()) == (code, "")
    return ran.stdout.decode()


def told(*arguments: str) -> str:
    """What is said of an error."""
    ran = run("endpoints", *arguments)
    assert (ran.returncode, ran.stdout) == (2, b"")
    return ran.stderr.decode()


# ---- list ----


def test_every_snapshot_is_listed_with_its_date_and_its_source() -> None:
    listed = json.loads(shown("list", "--json"))
    assert [(each["instance"], each["version"]) for each in listed] == [
        (instance, version) for instance in Instance for version in SHIPPED[instance]
    ]
    assert listed[0]["date"] == "2026-08-14"
    assert "netravnen/microsoft-ips" in listed[0]["source"]
    text = shown("list")
    assert all(each["source"].split()[0] in text for each in listed)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    "arguments", [("list",), ("show",), ("show", "dev"), ("diff", "2026081400", NEW_NAME)]
)
def test_every_report_has_every_format(arguments: tuple[str, ...], format_: str) -> None:
    assert shown(*arguments, "--format", format_)


# ---- show ----


def test_a_set_is_shown_with_its_ranges_names_and_records() -> None:
    text = shown("show")
    assert "hybrid mail (hybrid_mail)" in text
    assert "40.92.0.0/15, 40.107.0.0/16, 52.100.0.0/14, 104.47.0.0/17" in text
    assert "*.mail.protection.outlook.com, *.mx.microsoft" in text
    assert re.search(r"^  records +10$", text, re.M)


def test_a_set_without_addresses_is_shown_as_by_name_only() -> None:
    section = shown("show").partition("(officeclient)")[2].partition("\n\n")[0]
    assert "by name only" in section
    assert "officeclient.microsoft.com" in section


def test_an_instance_without_records_is_shown_with_the_reason() -> None:
    text = " ".join(shown("show", "--instance", "gcc_high").split())
    assert "by service area and not by record" in text
    assert "62.10.128.0/20" in text


def test_a_spreadsheet_has_a_row_for_each_range_and_name() -> None:
    rows = list(csv.DictReader(io.StringIO(shown("show", "--format", "csv"))))
    snapshot = newest(Instance.WORLDWIDE)
    sets = snapshot.sets.values()
    assert len(rows) == sum(len(each.ranges) + len(each.names) for each in sets)
    first = {"instance": "worldwide", "version": "2026081400", "set": "hybrid_mail"}
    assert rows[0] == {**first, "kind": "IPv4 range", "value": "40.92.0.0/15"}


def test_a_stack_that_is_not_hybrid_uses_no_endpoints() -> None:
    text = " ".join(shown("show", "dev").split())
    assert text == (
        "stacks/Pulumi.dev.yaml uses no endpoints of Microsoft 365: it declares no hybrid deployment."
    )
    assert json.loads(shown("show", "dev", "--json")) == {
        "stack": "stacks/Pulumi.dev.yaml",
        "uses": [],
    }


def test_a_stack_and_a_version_are_not_shown_at_once() -> None:
    ran = run("endpoints", "show", "dev", "--version", "2026081400")
    assert ran.returncode == 2
    assert b"not allowed with argument" in ran.stderr


@pytest.mark.parametrize("day, old", [("2027-08-14", []), ("2027-08-15", ["endpoints-old"])])
def test_a_snapshot_older_than_a_year_is_a_warning(day: str, old: list[str]) -> None:
    ran = run("endpoints", "show", "--as-of", day)
    assert ran.returncode == 0
    assert re.findall(r"^warning\[(\S+)\]", ran.stderr.decode(), re.M) == old
    assert run("endpoints", "show", "--as-of", day, "--quiet").stderr == b""
    listed = run("endpoints", "list", "--as-of", "2028-01-01").stderr.decode()
    assert listed.count("warning[endpoints-old]") == sum(map(len, SHIPPED.values()))


# ---- a hybrid stack ----

_HEAD: Final = "exchange-ports:topology:\n"


def hybrid_stack(folder: Path, endpoints: str) -> str:
    """The stack `dev` with hybrid mail, and this as its endpoints."""
    text = (ROOT / "stacks" / "Pulumi.dev.yaml").read_text("utf-8")
    hybrid = (
        f"    hybrid:\n      mode: classic_full\n      mail: [lab]\n      endpoints: {endpoints}\n"
    )
    file = folder / "Pulumi.hybrid.yaml"
    file.write_text(text.replace(_HEAD, _HEAD + hybrid, 1), "utf-8")
    return str(file)


def test_a_hybrid_stack_uses_sets_by_its_flows(tmp_path: Path) -> None:
    stack = hybrid_stack(tmp_path, '"2026081400"')
    text = " ".join(shown("show", stack).split())
    assert "internal Exchange servers to Exchange Online Protection, 25/tcp" in text
    assert "left out the IPv6 ranges, in networks without IPv6: lab" in text
    uses = json.loads(shown("show", stack, "--json"))["uses"]
    assert [each["set"] for each in uses] == ["hybrid_mail", "exchange_online", "sign_in"]
    assert all(each["flows"] and each["ranges"] for each in uses)
    assert len(uses[0]["flows"]) == 2
    assert json.loads(shown("show", stack, "--instance", "china", "--json"))["uses"] == []


@pytest.mark.parametrize("command", [("endpoints", "show"), ("prove",)])
def test_an_old_snapshot_of_a_stack_is_a_warning_at_its_line(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    stack = hybrid_stack(tmp_path, '"2026081400"')
    for day, number in (("2027-08-14", 0), ("2027-08-15", 1)):
        ran = run(*command, stack, "--as-of", day)
        assert ran.returncode == 0
        reported = ran.stderr.decode()
        assert reported.count("warning[endpoints-old]") == number
        assert reported.count("topology.hybrid.endpoints") == number


def test_a_snapshot_inside_the_stack_gives_the_rules_of_the_same_version(tmp_path: Path) -> None:
    plans: list[bytes] = []
    snapshot = shown("import", "2026081400")
    inside = "\n" + "".join(f"        {line}\n" for line in snapshot.splitlines())
    for endpoints in ('"2026081400"', inside):
        ran = run("plan", hybrid_stack(tmp_path, endpoints), "--json")
        assert ran.returncode == 0, ran.stderr.decode()
        plans.append(ran.stdout)
    assert plans[0] == plans[1]


# ---- diff ----


def test_a_new_name_changes_no_rule() -> None:
    text = shown("diff", "2026081400", NEW_NAME)
    assert "The rules stay the same." in text
    assert "hybrid mail: no change to addresses; 1 name added, no rule changes" in text
    assert "  + name *.mx.example.microsoft" in text


def test_other_ranges_change_rules_and_are_listed() -> None:
    text = shown("diff", "2026081400", NEWER, code=1)
    assert "Rules change: 1 range added, 1 range removed." in text
    assert "hybrid mail: 1 range added; 1 name added\n" in text
    assert "  + 198.51.100.0/24" in text
    assert "  - 204.79.197.215/32" in text


def test_a_difference_is_data_for_programs() -> None:
    data = json.loads(shown("diff", "2026081400", NEWER, "--json", code=1))
    assert data["same_rules"] is False
    assert (data["old"]["version"], data["new"]["version"]) == ("2026081400", "2027010100")
    assert data["sets"]["hybrid_mail"] == {
        "same_rules": False,
        "same_addresses": False,
        "ranges_added": ["198.51.100.0/24"],
        "ranges_removed": [],
        "names_added": ["*.mx.example.microsoft"],
        "names_removed": [],
    }
    assert data["sets"]["sign_in"]["same_rules"] is True
    rows = list(
        csv.DictReader(io.StringIO(shown("diff", "2026081400", NEWER, "--format", "csv", code=1)))
    )
    assert [(row["set"], row["change"], row["value"], row["rules"]) for row in rows] == [
        ("hybrid_mail", "added", "198.51.100.0/24", "change"),
        ("hybrid_mail", "added", "*.mx.example.microsoft", "same"),
        ("exchange_online", "removed", "204.79.197.215/32", "change"),
    ]


def test_the_same_addresses_in_other_ranges_are_other_rules(tmp_path: Path) -> None:
    text = (ROOT / NEW_NAME).read_text("utf-8")
    split = tmp_path / "split.yaml"
    split.write_text(
        text.replace("- 40.92.0.0/15", "- 40.92.0.0/16\n      - 40.93.0.0/16"), "utf-8"
    )
    reported = shown("diff", NEW_NAME, str(split), code=1)
    assert (
        "hybrid mail: 2 ranges added, 1 range removed (the same addresses in other ranges)"
        in reported
    )


def test_a_snapshot_does_not_differ_from_itself() -> None:
    text = shown("diff", "2026-07-01", "2026-07-01", "--instance", "china")
    assert text.count(": no change\n") == len(newest(Instance.CHINA).sets)
    assert "+" not in text


def test_the_answer_of_the_service_is_compared_when_its_version_is_known(tmp_path: Path) -> None:
    records = json.loads((ROOT / ANSWER).read_text("utf-8"))
    file = tmp_path / "answer.json"
    file.write_text(
        json.dumps({"instance": "Worldwide", "version": "2026101500", "records": records})
    )
    text = shown("diff", "2026081400", str(file))
    assert "2026081400 to 2026101500" in text
    assert "error[endpoints-without-version]" in told("diff", "2026081400", ANSWER)


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("diff", "2026081400", "none.yaml"), "cannot-read-endpoints"),
        (("diff", "2026081400", "stacks"), "cannot-read-endpoints"),
        (("diff", "2026081400", "2026081401"), "endpoints-unknown"),
        (("diff", "2026081400", "stacks/Pulumi.dev.yaml"), "not-endpoints"),
        (("diff", "2026081400", NEWER, "--instance", "china"), "endpoints-unknown"),
        (("show", "--version", "latest"), "endpoints-unknown"),
        (("import", "none.json"), "cannot-read-endpoints"),
        (("import", ANSWER), "endpoints-without-version"),
        (("import", ANSWER, "--version", "latest"), "endpoints-version"),
        (("import", ANSWER, "--version", "2026101500", "--instance", "dod"), "endpoints-other-instance"),
        (("show", "--as-of", "tomorrow"), "bad-as-of"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_an_error(arguments: tuple[str, ...], code: str) -> None:
    assert f"error[{code}] " in told(*arguments)


# ---- import ----


def test_an_answer_becomes_a_snapshot_that_a_stack_can_have_in_itself() -> None:
    text = shown("import", ANSWER, "--version", "2026101500")
    assert text.startswith('instance: worldwide\nversion: "2026101500"\n')
    data: dict[str, Any] = yaml.safe_load(text)
    assert list(data["sets"]) == [each.value for each in EndpointSet]
    usual = newest(Instance.WORLDWIDE).sets
    for which in EndpointSet:
        of_set = data["sets"][which]
        assert of_set.get("ranges", []) == [str(each) for each in usual[which].ranges]
        assert tuple(of_set["names"]) == usual[which].names
    as_json = json.loads(shown("import", ANSWER, "--version", "2026101500", "--format", "json"))
    assert as_json == data


def test_a_snapshot_of_the_package_can_be_printed_for_a_stack_file() -> None:
    data = yaml.safe_load(shown("import", "2026-07-01", "--instance", "dod"))
    assert (data["instance"], data["version"]) == ("dod", "2026-07-01")
    assert "62.10.144.0/20" in data["sets"]["hybrid_mail"]["ranges"]


def test_an_import_of_an_import_is_the_same(tmp_path: Path) -> None:
    for format_ in ("yaml", "json"):
        once = shown("import", ANSWER, "--version", "2026101500", "--format", format_)
        file = tmp_path / f"snapshot.{format_}"
        file.write_text(once, "utf-8")
        assert shown("import", str(file), "--format", format_) == once


def test_the_fixtures_are_imports() -> None:
    """Those that the documentation compares."""
    answer = "tests/fixtures/endpoints/answer-with-a-name.json"
    assert shown("import", answer, "--version", "2026110100") == (ROOT / NEW_NAME).read_text(
        "utf-8"
    )


# ---- the command line ----


def test_the_word_that_was_probably_meant_is_reported() -> None:
    assert "unknown action lits; did you mean list?" in run("endpoints", "lits").stderr.decode()
    ran = run("endpoints", "show", "--vesrion", "2026081400")
    assert "unknown option --vesrion; did you mean --version?" in ran.stderr.decode()


@pytest.mark.parametrize("arguments", [("-v", "import"), ("import", "-v")])
def test_how_much_is_reported_can_be_asked_before_and_behind_the_action(
    arguments: tuple[str, ...],
) -> None:
    ran = run("endpoints", *arguments, ANSWER, "--version", "2026101500")
    assert ran.stderr.decode() == f"reading {ANSWER}\n"

"""Real cases of ranges, families, translation and swapped zones: each with its right answer."""

import json
from pathlib import Path
from typing import Final

import pytest

from exchange_ports.cli import main

CASES: Final = Path(__file__).parents[1] / "fixtures" / "cases"


@pytest.mark.parametrize(
    "name, exit_code, codes, words",
    [
        ("clients-cover-perimeter", 0, ["range-covers-perimeter"], "10.20.240.0/24"),
        ("relays-cover-perimeter", 0, ["range-covers-perimeter"], "10.20.240.0/24"),
        ("unused-accept-risk", 0, ["unused-accept-risk"], "additional flow 1"),
        ("ipv6-range-without-ipv6", 0, ["range-without-family"], "2a01:111:f400::/48"),
        ("dnat-in-front-of-edge", 0, ["source-translated"], "mail_flow: {inbound: {from: [...]}}"),
        ("dnat-in-front-of-edge-declared", 0, [], ""),
        ("zones-swapped", 2, ["zones-swapped"], "`internal` and `perimeter` of network corp"),
        ("ids-as-addresses", 2, ["risky-traffic"], "Write `internet` for public addresses"),
    ],
)
def test_a_case_gets_its_right_answer(
    name: str, exit_code: int, codes: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(CASES / f"{name}.yaml")]) == exit_code
    text = capsys.readouterr().err
    reported = [
        line.partition("[")[2].partition("]")[0] for line in text.splitlines() if "[" in line
    ]
    ours = (
        "range-",
        "unused-accept",
        "source-",
        "zones-",
        "risky-",
        "internal-",
        "neighbor-in-",
        "edge-outside",
    )
    assert [code for code in reported if code.startswith(ours)] == codes
    assert words in text


def test_check_says_that_no_packet_goes_from_ipv6_to_ipv4(
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = str(CASES / "ipv6-range-without-ipv6.yaml")
    assert main(["check", case, "2a01:111:f400::25", "ex1", "25"]) == 1
    assert "has IPv6 addresses only, and ex1 IPv4 addresses only" in capsys.readouterr().out


def test_no_handover_row_goes_from_ipv6_to_an_ipv4_server(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["handover", "--json", str(CASES / "ipv6-range-without-ipv6.yaml")]) == 0
    assert "2a01:111:f400" not in json.dumps(json.loads(capsys.readouterr().out)["rows"])


def test_an_unused_acceptance_is_not_listed_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(CASES / "unused-accept-risk.yaml")]) == 0
    assert "No risk is accepted." in capsys.readouterr().out

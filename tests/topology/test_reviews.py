"""Which additional flows are late for their review on a day, and how many have none."""

from datetime import date
from typing import Any

import pytest

from exchange_ports.topology.checks.additional import reviews
from tests.support.strategies import WITH_EDGE, declared, edited


def flow(**more: Any) -> dict[str, Any]:
    return {"from": "10.20.6.0/24", "to": "exchange", "ports": ["443/tcp"], "reason": "r", **more}


@pytest.mark.parametrize(
    "flows, dated, undated, late",
    [
        ([], 0, 0, []),
        ([flow()], 0, 0, []),
        ([flow(accept_risk=True, to="edge")], 0, 1, []),
        ([flow(review_by="2027-03-31")], 1, 0, []),
        # The day itself is in time.
        ([flow(review_by="2027-03-30")], 1, 0, [0]),
        ([flow(), flow(review_by="2027-03-30", accept_risk=True, to="edge")], 1, 0, [1]),
        (
            [
                flow(review_by="2026-12-31"),
                flow(review_by="2027-04-01"),
                flow(to="edge", accept_risk=True),
            ],
            2,
            1,
            [0],
        ),
    ],
)
def test_a_review_is_late_from_the_day_after(
    flows: list[dict[str, Any]], dated: int, undated: int, late: list[int]
) -> None:
    found = reviews(declared(edited(WITH_EDGE, {"additional_flows": flows})), date(2027, 3, 31))
    assert (found.dated, found.undated) == (dated, undated)
    assert [each.path for each in found.passed] == [
        ("topology", "additional_flows", index, "review_by") for index in late
    ]
    assert found.in_time == (not late)


@pytest.mark.parametrize(
    "more, words",
    [
        (
            {},
            ["10.20.6.0/24 to exchange 443/tcp", "1 day before 2027-03-31", "the requester"],
        ),
        ({"owner": "Messaging", "ticket": "M-1"}, ["Messaging", "(M-1)"]),
        ({"accept_risk": True, "to": "edge"}, ["with an accepted risk"]),
        (
            {"from": ["10.20.6.0/24", "10.20.7.9"], "ports": ["443/tcp", "25/tcp"]},
            ["10.20.6.0/24, 10.20.7.9/32 to exchange 443/tcp, 25/tcp"],
        ),
    ],
)
def test_a_late_review_says_who_is_asked_and_for_what(
    more: dict[str, Any], words: list[str]
) -> None:
    asked = [flow(review_by="2027-03-30", **more)]
    found = reviews(declared(edited(WITH_EDGE, {"additional_flows": asked})), date(2027, 3, 31))
    (late,) = found.passed
    for word in words:
        assert word in f"{late.summary} / {late.why} / {late.fix}"
    assert ("with an accepted risk" in f"{late.summary}{late.why}") == ("accept_risk" in more)


def test_a_need_says_what_a_flow_is_for() -> None:
    asked = {
        "from": "10.20.6.0/24",
        "to": "exchange",
        "need": "remote_desktop",
        "review_by": "2027-01-01",
    }
    found = reviews(declared(edited(WITH_EDGE, {"additional_flows": [asked]})), date(2027, 3, 31))
    assert "10.20.6.0/24 to exchange remote_desktop" in str(found.passed[0].summary)

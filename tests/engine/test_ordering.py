"""Each order that an update does not promise is told as what it is."""

from typing import Final

import pytest

from tests.engine.control import Call
from tests.engine.ordering import Done, Word, done, faults
from tests.support.resource_types import NSG

GROUP, RULE, INTERFACE = (
    "aws:ec2/securityGroup:SecurityGroup",
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    "aws:ec2/networkInterface:NetworkInterface",
)


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::exchange-ports::component$network${type_}::{name}"


def one(word: Word, type_: str, name: str, began: int, ended: int | None = None) -> Done:
    return Done(word, urn(type_, name), began, began + 1 if ended is None else ended)


#: A rule needs its group, and a server needs every rule.
NEEDED: Final = {
    urn(RULE, "rule"): [urn(GROUP, "group")],
    urn(INTERFACE, "ex1"): [urn(GROUP, "group"), urn(RULE, "rule")],
}


def test_what_is_promised_has_no_fault() -> None:
    several = [
        one("create", GROUP, "group", 0),
        one("create", RULE, "rule", 2),
        one("update", RULE, "words", 2, 5),
        one("update", INTERFACE, "ex1", 6),
        one("delete", RULE, "old", 8),
        one("delete", GROUP, "older", 10),
    ]
    before = {urn(RULE, "old"): [urn(GROUP, "older")]}
    assert faults(several, before, NEEDED) == []


def test_what_is_deleted_before_all_is_made_is_a_fault() -> None:
    several = [one("delete", RULE, "old", 0), one("create", RULE, "rule", 2)]
    assert faults(several, {}, {}) == ["delete old began before create rule had ended"]
    # At the same time is too early as well.
    several = [one("create", RULE, "rule", 0, 3), one("delete", RULE, "old", 2, 4)]
    assert faults(several, {}, {}) == ["delete old began before create rule had ended"]


def test_what_is_made_before_what_it_needs_is_a_fault() -> None:
    several = [one("create", RULE, "rule", 0), one("create", GROUP, "group", 1)]
    assert faults(several, {}, NEEDED) == [
        "create rule began before create group had ended, which it needs"
    ]


def test_what_is_deleted_before_what_needed_it_is_a_fault() -> None:
    several = [one("delete", GROUP, "group", 0), one("delete", RULE, "rule", 2)]
    assert faults(several, NEEDED, {}) == [
        "delete group began before delete rule had ended, which needed it"
    ]


def test_a_server_that_changes_its_groups_before_a_rule_stands_is_a_fault_whatever_it_depends_on() -> (
    None
):
    several = [one("update", INTERFACE, "ex1", 0), one("create", RULE, "rule", 2)]
    assert faults(several, {}, {}) == ["update ex1 began before create rule had ended"]


def test_a_server_waits_for_the_rules_of_its_own_network_only() -> None:
    needed = {urn(INTERFACE, "ex1"): [urn(GROUP, "exchange-corp-mailbox.hq")]}
    several = [
        one("update", INTERFACE, "ex1", 0),
        one("create", RULE, "exchange-corp-mailbox.hq/in/tcp/25/10.0.0.0-8", 2),
        one("create", RULE, "exchange-lab-mailbox.hq/in/tcp/25/10.0.0.0-8", 4),
    ]
    assert faults(several, {}, needed) == [
        "update ex1 began before create exchange-corp-mailbox.hq/in/tcp/25/10.0.0.0-8 had ended"
    ]


def test_a_server_that_changes_its_groups_when_a_rule_is_gone_is_a_fault() -> None:
    several = [one("delete", RULE, "old", 0), one("update", INTERFACE, "ex1", 2)]
    assert "delete old began before update ex1 had ended" in faults(several, {}, {})


def test_what_is_replaced_is_made_first_but_for_the_types_that_go_first() -> None:
    first = [one("create", NSG, "internal", 0), one("delete", NSG, "internal", 2)]
    last = [one("delete", NSG, "internal", 0), one("create", NSG, "internal", 2)]
    assert faults(first, {}, {}) == []
    assert faults(last, {}, {}) == ["delete internal began before create internal had ended"]
    assert faults(last, {}, {}, deletes_first=[NSG]) == []
    assert faults(first, {}, {}, deletes_first=[NSG]) == [
        "create internal began before delete internal had ended"
    ]


def test_calls_for_one_thing_are_one_from_the_first_to_the_last() -> None:
    def call(number: int, doing: str, began: int, ended: int | None) -> Call:
        return Call(number, doing, urn(RULE, "rule"), "Some", 1, began=began, ended=ended)

    calls = [call(1, "create", 0, 1), call(2, "read", 2, 3), call(3, "create", 4, 7)]
    assert done(calls) == [one("create", RULE, "rule", 0, 7)]
    with pytest.raises(ValueError, match="has no answer"):
        done([call(1, "create", 0, None)])

"""Laws of a rehearsal: what a plan allows is not blocked in it, and what is missing is named with what restores it."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.pipeline import StackSettings, compile_stack, read_content, stack_of
from exchange_ports.planning import Plans
from exchange_ports.rehearsal.rehearse import Rehearsal, Rehearser
from exchange_ports.rehearsal.verdicts import Verdict
from exchange_ports.topology.models import Platform
from tests.rehearsal.base import BASE, on
from tests.rehearsal.logs import FORMATS, V2, V5, Made, aws_rows, aws_text, of_flows, vnet, written
from tests.support.paths import ROOT
from tests.support.strategies import GONE, Data, edited

STACKS: Final = (
    *("dev", "both"),
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("prod-aws", "prod-azure", "hybrid", "migration")
    ),
)


def rehearsed(
    plans: Plans, *paths: str, old: Plans | None = None, engine: str = "python"
) -> Rehearsal:
    rehearser = Rehearser(plans, old)
    recorded, _ = rehearser.read(paths, engine)
    return rehearser.rehearse(recorded)


def stack(name: str) -> Plans:
    file = str(ROOT / "stacks" / f"Pulumi.{name}.yaml")
    return compile_stack(StackSettings.of(stack_of(read_content(file), file))).plans


def blocked(answer: Rehearsal) -> list[tuple[str, str, str]]:
    rows = (row for row in answer.rows if row.verdict is Verdict.BLOCKED)
    return [(row.source.name, row.destination.name, row.services) for row in rows]


@pytest.mark.parametrize("name", STACKS)
def test_connections_of_the_flows_of_a_plan_are_not_blocked(name: str, tmp_path: Path) -> None:
    plans = stack(name)
    made = list(of_flows(plans))
    assert made
    for number, (format_, (write, decided)) in enumerate(FORMATS.items()):
        path = written(tmp_path, write(made), f"{number}.log", packed=number % 2 == 0)
        answer = rehearsed(plans, path)
        assert answer.counts.get(Verdict.BLOCKED, 0) == 0, (format_, blocked(answer))
        assert answer.counts.get(Verdict.ALLOWED, 0) > 0 or not decided, format_
        assert not answer.recorded.tally.faults, format_
        if format_ in ("AWS version 5", "VNet"):
            assert not answer.counts.get(Verdict.UNDECIDED) or format_ != "VNet"
            # What is declared was seen, but for what has no address to be seen at.
            assert {id(flow) for flow in answer.unseen} <= _not_made(plans, made)


def _not_made(plans: Plans, made: Iterable[Made]) -> set[int]:
    model = Rehearser(plans).checker.model
    seen = {each.client for each in made} | {each.server for each in made}
    from exchange_ports.rehearsal.verdicts import address_of

    return {
        id(flow)
        for flow in plans.flows
        if flow not in plans.usable_flows
        or not all(
            any(address_of(each) in model.flows.end(end) for each in seen)
            for end in (flow.source, flow.destination)
        )
    }


#: What is taken away, and whether a field of the topology restores it.
REMOVED: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "a domain controller": (
        {"sites.hq.domain_controllers": ["10.20.2.10"]},
        "sites.hq.domain_controllers",
    ),
    "Lync servers": ({"sites.hq.lync": GONE}, "sites.hq.lync"),
    "a name server": ({"name_servers.internal": ["10.20.2.54"]}, "additional_flows"),
    "the name server of Edge": ({"name_servers.edge": ["10.20.240.54"]}, "additional_flows"),
    "clients": ({"clients": GONE}, "additional_flows"),
    "a witness server": ({"witness_servers": GONE}, "additional_flows"),
    "a backup server": ({"additional_flows": BASE["additional_flows"][1:]}, "additional_flows"),
    "administration": ({"additional_flows": BASE["additional_flows"][::2]}, "additional_flows"),
    "ICMP": ({"additional_flows": BASE["additional_flows"][:2]}, "additional_flows"),
}


@pytest.mark.parametrize(
    "several",
    [pytest.param(False, id="one format"), pytest.param(True, id="all", marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("platform", [Platform.AWS.value, Platform.AZURE.value])
def test_what_is_removed_is_blocked_and_the_declaration_restores_it(
    platform: str, several: bool, tmp_path: Path
) -> None:
    made = list(of_flows(on(BASE, platform)))
    logs = {
        format_: written(tmp_path, write(made), f"{number}.log")
        for number, (format_, (write, _)) in enumerate(FORMATS.items())
    }
    for number, (what, (edit, field)) in enumerate(REMOVED.items()):
        data = edited(BASE, edit)
        plans = on(data, platform)
        for at, (format_, path) in enumerate(logs.items()):
            if not several and at != number % len(logs):
                continue
            if what == "ICMP" and format_ in ("NSG", "Traffic Analytics"):
                # Neither records ICMP.
                continue
            answer = rehearsed(plans, path)
            if not FORMATS[format_][1] and not answer.blocks:
                # Without handshakes a reply may be a connection of its own.
                assert answer.counts.get(Verdict.UNDECIDED), (what, format_)
                continue
            assert answer.blocks, (what, format_)
            if format_ in ("AWS version 5", "VNet"):
                assert field in {each.field for each in answer.suggestions}, (what, format_)
            restored = rehearsed(on(with_suggestions(data, answer), platform), path)
            assert not restored.blocks, (what, format_, blocked(restored), answer.suggestions)


def with_suggestions(data: Mapping[str, Any], answer: Rehearsal) -> Data:
    """The topology with all that a rehearsal suggests."""
    made: Any = deepcopy(dict(data))
    for each in answer.suggestions:
        if each.is_flow:
            made.setdefault("additional_flows", [])
            made["additional_flows"] = [*made["additional_flows"], each.value]
            continue
        at = made
        *path, last = each.field.split(".")
        for step in path:
            at = at[step]
        at[last] = [*at.get(last, []), *each.value]  # pyright: ignore[reportGeneralTypeIssues]
    return made


# ---- the traps of flow logs ----


def one_log(
    tmp_path: Path, rows: Iterable[Mapping[str, str]], fields: tuple[str, ...] = V5, **given: Any
) -> Rehearsal:
    path = written(tmp_path, aws_text(rows, fields))
    return rehearsed(given.pop("plans", None) or on(BASE, "aws"), path, **given)


ODD: Final = Made("10.20.0.11", "10.50.0.1", 6, 9999)


def test_both_ends_and_both_directions_of_a_connection_are_counted_once(tmp_path: Path) -> None:
    answer = one_log(tmp_path, aws_rows([ODD]))
    (row,) = answer.rows
    assert (row.bytes, row.connections, row.records) == (1200, 1, 2)
    assert answer.recorded.tally.ours == 4


def test_a_secondary_address_is_found_in_the_packet(tmp_path: Path) -> None:
    rows = [{**row, "srcaddr": "10.20.0.99", "dstaddr": "10.20.0.99"} for row in aws_rows([ODD])]
    answer = one_log(tmp_path, rows)
    assert [row.services for row in answer.rows] == ["9999/tcp"]
    assert not one_log(tmp_path, rows, V2).rows


def test_what_a_translating_interface_recorded_is_left_out_where_the_server_recorded_it(
    tmp_path: Path,
) -> None:
    rows = list(
        aws_rows(
            [
                Made("10.20.0.11", "198.51.100.9", 6, 443),
                Made("10.20.0.12", "198.51.100.9", 6, 443),
                Made("10.20.0.11", "198.51.100.8", 6, 443),
                Made("10.20.0.12", "198.51.100.8", 6, 443),
            ],
            both=True,
        )
    )
    own = [row for row in rows if row["interface-id"] in ("eni-1020011", "eni-1020012")]
    nat = [
        {**row, "interface-id": "eni-nat", "dstaddr": "10.20.9.9"}
        for row in own
        if row["srcaddr"].startswith("10.20.0.")
    ]
    answer = one_log(tmp_path, [*own, *nat], V2)
    assert answer.connections.passing == ("eni-nat",)
    assert not any("10.20.9.9" in row.destination.hosts for row in answer.rows)
    alone = one_log(tmp_path, nat, V2)
    assert alone.connections.passing == ()


def test_flags_of_zero_are_checked_in_both_readings(tmp_path: Path) -> None:
    sync = Made("10.20.0.11", "10.20.240.5", 6, 50636)
    rows = [{**row, "tcp-flags": "0"} for row in aws_rows([sync])]
    (row,) = one_log(tmp_path, rows).rows
    assert (row.verdict, row.services, row.decided) == (Verdict.UNDECIDED, "50636/tcp", False)
    # The wrong side opened it: the flags say so.
    turned = Made("10.20.240.5", "10.20.0.11", 6, 50636)
    assert one_log(tmp_path, aws_rows([turned])).blocks
    # Neither reading is allowed.
    none = [{**row, "tcp-flags": "0"} for row in aws_rows([ODD])]
    (row,) = one_log(tmp_path, none).rows
    assert row.verdict is Verdict.BLOCKED


def test_records_without_a_handshake_join_the_connection_that_has_one(tmp_path: Path) -> None:
    sync = Made("10.20.0.11", "10.20.240.5", 6, 50636)
    later = [{**row, "tcp-flags": "0"} for row in aws_rows([sync._replace(client_port=52345)])]
    (row,) = one_log(tmp_path, [*aws_rows([sync]), *later]).rows
    assert (row.verdict, row.decided, row.records) == (Verdict.ALLOWED, True, 4)


def test_rpc_ports_are_one_range(tmp_path: Path) -> None:
    made = [Made("10.20.0.11", "10.50.0.1", 6, port, 50000) for port in range(49200, 49300, 7)]
    (row,) = one_log(tmp_path, aws_rows(made)).rows
    assert row.services == "49152-65535/tcp"


def test_what_is_refused_today_is_shown_apart(tmp_path: Path) -> None:
    answer = one_log(tmp_path, aws_rows([ODD._replace(refused=True)]))
    assert [row.verdict for row in answer.rows] == [Verdict.REFUSED]
    assert not answer.blocks
    # A late packet of a closed connection is no refusal of it.
    late = {**next(iter(aws_rows([ODD]))), "action": "REJECT", "tcp-flags": "2"}
    assert [row.verdict for row in one_log(tmp_path, [*aws_rows([ODD]), late]).rows] == [
        Verdict.BLOCKED
    ]


def test_lost_records_and_idle_interfaces_are_stated(tmp_path: Path) -> None:
    rows = [
        {"interface-id": "eni-1", "log-status": status}
        for status in ("NODATA", "SKIPDATA", "SKIPDATA")
    ]
    answer = one_log(tmp_path, [*rows, *aws_rows([ODD])])
    window = answer.recorded.tally.interfaces["eni-1"]
    assert (window.idle, window.lost, window.records) == (1, 2, 0)
    assert "ex2" in answer.not_covered


def test_what_no_log_records_is_not_called_unseen(tmp_path: Path) -> None:
    data = edited(BASE, {"name_servers.edge": ["10.20.240.2"]})
    web = Made("10.64.0.5", "10.20.0.11", 6, 443)
    mail = Made("198.51.100.9", "10.20.240.5", 6, 25)
    answer = one_log(tmp_path, aws_rows([web, mail]), plans=on(data, "aws"))
    assert answer.unseen
    # The third address of a range is Amazon's name server.
    ends = [str(getattr(flow.destination, "ranges", "")) for flow in answer.unseen]
    assert not any("10.20.240.2" in end for end in ends)
    # Of a server without any record nothing is said.
    only = one_log(tmp_path, aws_rows([web]), plans=on(data, "aws"))
    assert not any("edge" in str(getattr(flow.source, "key", "")) for flow in only.unseen)


def test_two_blanks_and_a_line_with_a_time_are_read(tmp_path: Path) -> None:
    text = aws_text(aws_rows([ODD]), V5).replace(" ACCEPT", "  ACCEPT")
    assert rehearsed(on(BASE, "aws"), written(tmp_path, text)).blocks
    rows = [{**row, "version": "2"} for row in aws_rows([ODD])]
    lines = [f"2026-10-14T17:46:40.000Z {line}" for line in aws_text(rows, V2).splitlines()[1:]]
    answer = rehearsed(on(BASE, "aws"), written(tmp_path, "\n".join(lines)))
    assert answer.blocks
    assert not answer.recorded.tally.faults


def test_an_hour_that_is_still_written_is_read_as_far_as_it_is_there(tmp_path: Path) -> None:
    whole = vnet([ODD, ODD._replace(server="10.50.0.2")])
    cut = whole[: whole.rindex('"flowTuples"')]
    folder = tmp_path / "y=2026" / "m=10" / "d=14" / "h=17" / "m=00" / "macAddress=002248710001"
    folder.mkdir(parents=True)
    written(folder, cut, "PT1H.json")
    answer = rehearsed(on(BASE, "azure"), str(tmp_path))
    (row,) = answer.rows
    assert row.destination.hosts == {"10.50.0.1"}
    assert sum(answer.recorded.tally.faults.values()) == 1


def test_a_comparison_shows_what_differs_alone(tmp_path: Path) -> None:
    old, new = on(BASE, "aws"), on(edited(BASE, {"clients": GONE}), "aws")
    path = written(tmp_path, aws_text(aws_rows(of_flows(old)), V5))
    answer = rehearsed(new, path, old=old)
    assert blocked(answer)
    assert {row.services for row in answer.rows} <= {
        "143,443,993/tcp",
        "143,993/tcp",
        "443/tcp",
        "80/tcp",
        "80,443/tcp",
    }
    assert not rehearsed(old, path, old=old).rows

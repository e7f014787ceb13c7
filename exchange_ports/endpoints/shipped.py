"""The snapshots that are part of the package. One stays as it is: stacks name it by its version.

To add one: put its file into `data/` and its name into the table below.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path as File
from typing import Any, Final

from exchange_ports.endpoints.inline import InlineSnapshot
from exchange_ports.endpoints.reading import read_snapshot
from exchange_ports.endpoints.snapshot import Instance, Snapshot
from exchange_ports.findings import Path, Refused
from exchange_ports.findings.endpoint_kinds import OTHER_INSTANCE, UNKNOWN_SNAPSHOT

#: The versions by instance, the newest last.
SHIPPED: Final = {
    Instance.WORLDWIDE: ("2026081400",),
    Instance.CHINA: ("2026-07-01",),
    Instance.GCC_HIGH: ("2026-07-01",),
    Instance.DOD: ("2026-07-01",),
}
DATA: Final = File(__file__).parent / "data"


def resolve(
    pin: str | InlineSnapshot, instance: Instance = Instance.WORLDWIDE, at: Path = ()
) -> Snapshot:
    """The snapshot that a stack names by its version, or has in itself.

    :raises Refused: there is none of that version, or what the stack has in itself is wrong or of another
        instance.
    """
    if isinstance(pin, str):
        if pin not in SHIPPED[instance]:
            known = listed(SHIPPED[instance])
            facts = {"version": pin, "instance": instance.label, "known": known}
            raise Refused([UNKNOWN_SNAPSHOT.at(at, **facts)])
        return shipped(instance, pin)
    snapshot = read_snapshot(pin.as_data(), at)
    if snapshot.instance is not instance:
        facts = {"got": snapshot.instance, "instance": instance}
        raise Refused([OTHER_INSTANCE.at((*at, "instance"), **facts)])
    return snapshot


def listed(versions: Iterable[str]) -> str:
    """Versions as a stack file writes them, in quotes: without them YAML reads numbers and dates."""
    return ", ".join(f'`"{each}"`' for each in versions)


def newest(instance: Instance) -> Snapshot:
    """The newest snapshot of an instance."""
    return shipped(instance, SHIPPED[instance][-1])


@cache
def shipped(instance: Instance, version: str) -> Snapshot:
    """A snapshot of `SHIPPED`, read when it is first needed."""
    data: dict[str, Any] = json.loads((DATA / f"{instance}-{version}.json").read_text("utf-8"))
    return read_snapshot(_with_ranges(data))


def _with_ranges(data: dict[str, Any]) -> dict[str, Any]:
    """The data with the ranges of each set in it.

    Of some instances only lists by service area are known. There a set names its area and has the ranges of
    all of it.
    """
    areas = data.get("serviceAreas")
    if areas is None:
        return data
    sets: dict[str, Any] = {
        name: {
            "names": each["names"],
            "basis": each["basis"],
            "ranges": areas[each["serviceArea"]]["ips"] if "serviceArea" in each else [],
        }
        for name, each in data["sets"].items()
    }
    return {**{key: data[key] for key in ("instance", "version", "source", "note")}, "sets": sets}

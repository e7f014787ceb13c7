"""The questions to the clouds' own analyzers: as a shell script, or as data.

A script, since a person runs it with credentials of their own; this package asks no cloud anything here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from exchange_ports.clouds import cloud_of
from exchange_ports.clouds.asking import Asked, asked_of
from exchange_ports.clouds.base import Cloud
from exchange_ports.planning import Plans

__all__ = ["as_data", "as_script"]


def _each(plans: Plans) -> Iterator[tuple[str, Cloud[Any], Asked]]:
    for key, rules in plans.networks.items():
        asked = asked_of(plans.inventory, plans.flows, plans.usable_flows, rules.network)
        yield key, cloud_of(rules), asked


def as_script(plans: Plans, ids: Mapping[str, Mapping[str, Any]]) -> str:
    """The lines of a shell that ask every question.

    :param ids: the cloud ids of each network by its key, as in the stack file.
    """
    lines: list[str] = []
    for key, cloud, asked in _each(plans):
        here = ids.get(key, {})
        found, left_out = cloud.analyzers.queries(asked, here)
        lines += [f"# Network {key}: {len(found)} questions to the analyzers of {cloud.name}"]
        lines += [*cloud.analyzers.setup(asked, here), ""]
        for query in found:
            lines += [_comment(query.summary), _comment(f"Right answer: {query.expected}")]
            lines += [*query.commands, ""]
        lines += [_comment(f"Not asked: {each}") for each in left_out]
    return "\n".join(lines).rstrip("\n") + "\n"


def _comment(text: str) -> str:
    """Whatever an operator's words hold, they stay on the line."""
    return "# " + "".join(each if each.isprintable() else " " for each in text)


def as_data(plans: Plans, ids: Mapping[str, Mapping[str, Any]]) -> dict[str, object]:
    """The same for programs: the input of each operation, by network."""
    networks: dict[str, object] = {}
    for key, cloud, asked in _each(plans):
        found, left_out = cloud.analyzers.queries(asked, ids.get(key, {}))
        networks[key] = {
            "questions": [
                {
                    "summary": each.summary,
                    "expected": each.expected,
                    "operation": each.operation,
                    "request": each.request,
                }
                for each in found
            ],
            "not_asked": list(left_out),
        }
    return {"networks": networks}

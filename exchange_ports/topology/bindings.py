"""Cloud ids beside a topology: which each platform needs, by network.

Their values are not read: they may be known only when a program runs.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, cast

from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology.fields import plain_type
from exchange_ports.topology.groups import identity
from exchange_ports.topology.inventory import neighbours
from exchange_ports.topology.models import Platform, Topology

#: What must be given for a network of each platform.
CLOUD_IDS: Final[Mapping[Platform, tuple[str, ...]]] = {
    Platform.AWS: ("vpc_id",),
    Platform.AZURE: ("resource_group_name", "location"),
    Platform.EXTERNAL: (),
}
#: What may be given besides: a provider for this network's resources, and on AWS the security groups
#: of neighbours, for what is opened at their end. On Azure a network security group is written whole
#: by whoever owns it, so nothing can be added to that of a neighbour (azure.md 5).
_OPTIONAL: Final[Mapping[Platform, tuple[str, ...]]] = {
    Platform.AWS: ("provider", "neighbours"),
    Platform.AZURE: ("provider",),
    Platform.EXTERNAL: ("provider",),
}
#: Plain data that is not text. What only Pulumi knows is no plain data.
_NOT_TEXT: Final = (bool, int, float, list, dict)


def check_bindings(
    topology: Topology,
    given: object,
    at: Path = ("networks",),
    *,
    previous: Topology | None = None,
    stepwise: bool = False,
) -> Iterator[Finding]:
    """What is missing or unknown among the cloud ids `given` by network.

    Ids of networks that only `previous` has may be given, and must be where an update goes `stepwise`.
    A network that has another key there, and the same identity and cloud, is one of `topology`.
    """
    ids = as_mapping(given)
    if ids is None:
        yield BY_CODE["wrong-type"].at(at, got=plain_type(given), expected="a mapping")
        return
    asked = {key: [network.platform] for key, network in topology.networks.items()}
    every = _with_those_that_go(topology, previous) if previous else asked
    asked = every if stepwise else asked
    for key in ids:
        if key not in every:
            known = ", ".join(sorted(every))
            yield BY_CODE["undeclared"].at(
                (*at, key), name=key, what="a network of the topology", fix=f"declared are: {known}"
            )
    bound: dict[str, tuple[str, str]] = {}
    known_neighbours = {*neighbours(topology), *(neighbours(previous) if previous else ())}
    for key in sorted(every):
        if key in ids or key in asked:
            yield from _of_network(key, every[key], asked.get(key, []), ids.get(key), (*at, key))
        if Platform.AWS in every[key]:
            yield from _of_neighbours(
                sorted(known_neighbours), key, ids.get(key), (*at, key), bound
            )


def _with_those_that_go(topology: Topology, previous: Topology) -> dict[str, list[Platform]]:
    """The platform of each network of either, or several where it changes its cloud."""
    found = {key: [network.platform] for key, network in topology.networks.items()}
    stay = {(identity(key, each), each.platform) for key, each in topology.networks.items()}
    for key, network in previous.networks.items():
        goes = (identity(key, network), network.platform) not in stay
        if goes and network.platform not in found.setdefault(key, []):
            found[key].append(network.platform)
    return found


def _of_network(
    key: str, platforms: Sequence[Platform], asked: Sequence[Platform], given: object, at: Path
) -> Iterator[Finding]:
    """What is wrong with the ids of one network: those of `asked` must be there."""
    needed = {name: platform for platform in asked for name in CLOUD_IDS[platform]}
    known = tuple(
        dict.fromkeys(name for each in platforms for name in (*CLOUD_IDS[each], *_OPTIONAL[each]))
    )
    where = " and ".join(platforms)
    ids = as_mapping(given)
    if ids is None:
        yield BY_CODE["wrong-type"].at(at, got=plain_type(given), expected="a mapping")
        return
    meant = {name: nearest(name, known) for name in ids if name not in known}
    for name, platform in needed.items():
        if name not in ids and name in meant.values():
            # It is there, and misspelt.
            continue
        # An id that is known only later is an object of Pulumi's, which has no value to compare.
        value = ids.get(name)
        if value is None or (isinstance(value, str) and not value):
            yield BY_CODE["missing-cloud-id"].at(at, network=key, key=name, platform=platform)
        elif type(value) in _NOT_TEXT:
            yield BY_CODE["wrong-type"].at((*at, name), got=plain_type(value), expected="text")
    for name, near in meant.items():
        fix = f"known for a network on {where} are {', '.join(known)}"
        if near:
            # Where that one is there too, this one is left over.
            fix = "take it away" if near in ids else f"did you mean `{near}`?"
        yield BY_CODE["unknown-key"].at((*at, name), key=name, fix=fix)


def _of_neighbours(
    known: Collection[str], key: str, given: object, at: Path, bound: dict[str, tuple[str, str]]
) -> Iterator[Finding]:
    """What is wrong among the neighbours' groups of one network; `bound` has those that are known."""
    within = (as_mapping(given) or {}).get("neighbours")
    groups = as_mapping(within)
    if groups is None:
        place = (*at, "neighbours")
        yield BY_CODE["wrong-type"].at(place, got=plain_type(within), expected="a mapping")
        return
    for name, group in groups.items():
        place = (*at, "neighbours", name)
        if name not in known:
            near = nearest(name, known)
            fix = f"did you mean {near}?" if near else f"declared are: {', '.join(known) or 'none'}"
            what = "a neighbour of the topology"
            yield BY_CODE["undeclared"].at(place, name=name, what=what, fix=fix)
        elif group is None or type(group) in _NOT_TEXT or group == "":
            got = "nothing" if group == "" else plain_type(group)
            yield BY_CODE["wrong-type"].at(place, got=got, expected="the id of a security group")
        elif isinstance(group, str):
            # What only Pulumi knows has no value to compare.
            other = bound.setdefault(group, (key, name))
            if other != (key, name):
                yield BY_CODE["bound-twice"].at(
                    place, group=group, one=f"{other[1]} in {other[0]}", other=f"{name} in {key}"
                )


def check_tags(given: object, at: Path = ("tags",)) -> Iterator[Finding]:
    """What cannot be a tag: clouds take text under text."""
    tags = as_mapping(given)
    if tags is None:
        yield BY_CODE["wrong-type"].at(at, got=plain_type(given), expected="a mapping")
        return
    for key, value in tags.items():
        if value is None or type(value) in _NOT_TEXT:
            yield BY_CODE["wrong-type"].at((*at, key), got=plain_type(value), expected="text")


def as_mapping(given: object) -> Mapping[str, object] | None:
    """What is given as a mapping, nothing being an empty one; none where it is something else."""
    if given is None:
        return {}
    return cast("Mapping[str, object]", given) if isinstance(given, Mapping) else None

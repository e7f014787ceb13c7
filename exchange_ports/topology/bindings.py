"""Cloud ids beside a topology: which each platform needs, by network. The ids' values are not read:
they may be known only when a program runs.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from exchange_ports.findings import Finding, Path
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.models import Platform, Topology
from exchange_ports.topology.values import plain_type

__all__ = ["CLOUD_IDS", "check_bindings"]

#: What must be given for a network of each platform.
CLOUD_IDS: Final[Mapping[Platform, tuple[str, ...]]] = {
    Platform.AWS: ("vpc_id",),
    Platform.AZURE: ("resource_group_name", "location"),
    Platform.EXTERNAL: (),
}
#: What may be given besides: a provider for this network's resources.
_OPTIONAL: Final = ("provider",)


def check_bindings(
    topology: Topology, given: object, at: Path = ("networks",)
) -> Iterator[Finding]:
    """What is missing or unknown among the cloud ids `given` by network."""
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        yield BY_CODE["wrong-type"].at(at, got=plain_type(given), expected="a mapping")
        return
    ids: Mapping[str, object] = {str(key): value for key, value in given.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    for key in ids:
        if key not in topology.networks:
            known = ", ".join(sorted(topology.networks))
            yield BY_CODE["undeclared"].at(
                (*at, key), name=key, what="a network of the topology", fix=f"declared are: {known}"
            )
    for key, network in sorted(topology.networks.items()):
        yield from _of_network(key, network.platform, ids.get(key), (*at, key))


def _of_network(key: str, platform: Platform, given: object, at: Path) -> Iterator[Finding]:
    needed = CLOUD_IDS[platform]
    if given is None:
        given = {}
    if not isinstance(given, Mapping):
        yield BY_CODE["wrong-type"].at(at, got=plain_type(given), expected="a mapping")
        return
    ids: Mapping[str, object] = {str(name): value for name, value in given.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    for name in needed:
        if ids.get(name) in (None, ""):
            yield BY_CODE["missing-cloud-id"].at(at, network=key, key=name, platform=platform)
    for name in ids:
        if name not in (*needed, *_OPTIONAL):
            known = ", ".join((*needed, *_OPTIONAL))
            fix = f"known for a network on {platform} are {known}"
            yield BY_CODE["unknown-key"].at((*at, name), key=name, fix=fix)

"""Plain data -> a topology that makes sense, or everything that is wrong with it.

Errors of shape do not hide the others: where it is clear what was meant (an unknown key, a misspelled
word, host bits), the data is mended for the sake of the checks, and they speak about the rest.
Cloud ids beside a topology are checked for presence only: their values may be known when a program runs.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, cast

from pydantic import ValidationError
from pydantic_core import core_schema

from exchange_ports.findings import Finding, Path, Refused, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import validation_errors
from exchange_ports.topology.checks import check
from exchange_ports.topology.fields import plain_type
from exchange_ports.topology.groups import identity
from exchange_ports.topology.inventory import neighbors
from exchange_ports.topology.models import Platform, Topology

#: Where a topology stands in a stack file's own keys.
TOPOLOGY_PATH: Final = ("topology",)


def load_topology(data: object, at: Path = TOPOLOGY_PATH) -> tuple[Topology, tuple[Finding, ...]]:
    """The topology that plain data declares, with its warnings.

    `at` is where the data stands; findings' paths begin with it.

    :raises Refused: there is at least one error; with it come all errors and warnings.
    """
    topology, findings = parse_topology(data, at)
    if topology is None or any(finding.is_error for finding in findings):
        raise Refused(findings)
    return topology, findings


def parse_topology(
    data: object, at: Path = TOPOLOGY_PATH
) -> tuple[Topology | None, tuple[Finding, ...]]:
    """What plain data declares, as far as it is clear what was meant, with all errors and warnings.

    With an error among them the topology is good for one thing: to check what stands beside it.
    """
    topology, shape = _read(data, at)
    if topology is None:
        mended = _mended(data, shape)
        if mended is not None:
            topology, _ = _read(mended, at)
    checked = () if topology is None else check(topology, at)
    return topology, (*(each.finding for each in shape), *checked)


def _read(data: object, at: Path) -> tuple[Topology | None, list[validation_errors.ShapeError]]:
    if validation_errors.is_output(data):
        return None, list(validation_errors.not_plain(data, at))
    if not isinstance(data, dict):
        return None, [validation_errors.ShapeError(_other_type(at, data, "a mapping"))]
    odd = list(validation_errors.not_plain(cast("object", data), at))
    if odd:
        return None, odd
    try:
        # JSON is the one mode that is strict about text and numbers and knows no tuples.
        return Topology.model_validate_json(json.dumps(data)), []
    except ValidationError as failed:
        strange = list(validation_errors.mistakable(data, at))
        if strange:
            cleared = _mended(cast("object", data), strange)
            _, others = _read(cleared, at)
            return None, [*strange, *others]
        return None, list(
            validation_errors.shape_errors(failed.errors(include_url=False), data, at)
        )


def _mended(data: object, shape: Sequence[validation_errors.ShapeError]) -> object | None:
    """The data with every mend in it; none where it is not clear what was meant."""
    mends = [each.mend for each in shape if each.mend is not None]
    if len(mends) < len(shape):
        return None
    mended = deepcopy(data)
    for path, value in mends:
        holder: Any = mended
        for step in path[:-1]:
            holder = holder[step]
        if value is not validation_errors.DROPPED:
            holder[path[-1]] = value
        elif path[-1] in holder:
            del holder[path[-1]]
    return mended


# ---- the JSON Schema of a topology, by which editors complete and check stack files ----


def topology_schema() -> dict[str, Any]:
    """The schema by draft 2020-12."""
    from pydantic.json_schema import GenerateJsonSchema  # what no other command needs

    class Strict(GenerateJsonSchema):
        """Pydantic's own generator, with mappings whose keys are names closed against other keys."""

        def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
            """A mapping. Pydantic describes what a name looks like, and allows others."""
            made = super().dict_schema(schema)
            if "patternProperties" in made:
                made["additionalProperties"] = False
            return made

    schema = Topology.model_json_schema(schema_generator=Strict)
    texts = validation_errors.field_texts()
    for name, model in ((Topology.__name__, schema), *schema["$defs"].items()):
        for field, text in texts.get(name, {}).items():
            declared = validation_errors.model_named(name).model_fields[field]
            model["properties"][declared.alias or field]["description"] = text
    _on_one_line(schema)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _on_one_line(schema: object) -> None:
    """Join the lines of every description: editors show line breaks as they are."""
    if isinstance(schema, dict):
        described = cast("dict[str, object]", schema)
        text = described.get("description")
        if isinstance(text, str):
            described["description"] = " ".join(text.split())
        for each in described.values():
            _on_one_line(each)


#: Where the schema is to be published: SchemaStore names schemas so, and asks for draft 7, which more
#: editors read. Nothing in ours means anything else there.
_STACK_SCHEMA: Final = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "https://json.schemastore.org/exchange-ports-stack.json",
}


def stack_schema() -> dict[str, Any]:
    """The schema of a stack file, in one piece: its topology is checked, all other settings may be there."""
    topology = topology_schema()
    del topology["$schema"]
    definitions = topology.pop("$defs")
    config = {"type": "object", "properties": {"exchange-ports:topology": topology}}
    return {
        **_STACK_SCHEMA,
        "title": "A stack file of exchange-ports",
        "type": "object",
        "properties": {"config": config},
        "$defs": definitions,
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
        yield _other_type(at, given, "a mapping")
        return
    asked = {key: [network.platform] for key, network in topology.networks.items()}
    every = _with_those_that_go(topology, previous) if previous else asked
    asked = every if stepwise else asked
    for key in ids:
        if key not in every:
            known = ", ".join(sorted(every))
            yield BY_CODE["undeclared"].at(
                (*at, key), name=key, what="network", fix=f"Declared networks are {known}."
            )
    bound: dict[str, tuple[str, str]] = {}
    attached: dict[str, str] = {}
    known_neighbors = {*neighbors(topology), *(neighbors(previous) if previous else ())}
    for key in sorted(every):
        if key in ids or key in asked:
            yield from _of_network(key, every[key], asked.get(key, []), ids.get(key), (*at, key))
        if any("neighbor_security_groups" in each.facts.optional_ids for each in every[key]):
            yield from _of_neighbors(sorted(known_neighbors), key, ids.get(key), (*at, key), bound)
        several = (topology,) if previous is None else (topology, previous)
        servers = sorted({name for each in several for name in _servers_in(each, key)})
        for field in dict.fromkeys(name for each in every[key] for name in each.facts.server_ids):
            within = (as_mapping(ids.get(key)) or {}).get(field)
            yield from _of_servers(servers, within, (*at, key, field), attached)


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
    needed = {name: platform for platform in asked for name in platform.facts.ids}
    known = tuple(
        dict.fromkeys(
            name for each in platforms for name in (*each.facts.ids, *each.facts.optional_ids)
        )
    )
    where = " and ".join(platforms)
    ids = as_mapping(given)
    if ids is None:
        example = f"{key}: {{{', '.join(f'{name}: ...' for name in needed)}}}" if needed else ""
        yield _other_type(at, given, "a mapping", example)
        return
    meant = {name: nearest(name, known) for name in ids if name not in known}
    for name, platform in needed.items():
        if name not in ids and name in meant.values():
            # It is there, and misspelled.
            continue
        # An id that is known only later is an object of Pulumi's, which has no value to compare.
        value = ids.get(name)
        if value is None or (isinstance(value, str) and not value):
            yield BY_CODE["missing-cloud-id"].at(at, network=key, key=name, platform=platform)
        elif type(value) in _NOT_TEXT:
            yield _other_type((*at, name), value, "text")
    for name, near in meant.items():
        fix = f"Known keys for a network on {where} are {validation_errors.listed_keys(known)}."
        if near:
            # Where that one is there too, this one is left over.
            fix = "Remove the key." if near in ids else f"Did you mean `{near}`?"
        yield BY_CODE["unknown-key"].at((*at, name), key=name, fix=fix)


def _of_neighbors(
    known: Collection[str], key: str, given: object, at: Path, bound: dict[str, tuple[str, str]]
) -> Iterator[Finding]:
    """What is wrong among the neighbors' groups of one network; `bound` has those that are known."""
    within = (as_mapping(given) or {}).get("neighbor_security_groups")
    groups = as_mapping(within)
    if groups is None:
        place = (*at, "neighbor_security_groups")
        yield _other_type(
            place, within, "a mapping", "neighbor_security_groups: {domain-controllers.hq: sg-...}"
        )
        return
    for name, group in groups.items():
        place = (*at, "neighbor_security_groups", name)
        if name not in known:
            near = nearest(name, known)
            declared = f"Declared neighbors are {', '.join(known) or 'none'}."
            fix = f'Did you mean "{near}"?' if near else declared
            yield BY_CODE["undeclared"].at(place, name=name, what="neighbor", fix=fix)
        elif group is None or type(group) in _NOT_TEXT or group == "":
            yield _other_type(place, group or None, "the id of a security group")
        elif isinstance(group, str):
            # What only Pulumi knows has no value to compare.
            other = bound.setdefault(group, (key, name))
            if other != (key, name):
                yield BY_CODE["group-bound-twice"].at(
                    place, group=group, one=f"{other[1]} in {other[0]}", other=f"{name} in {key}"
                )


def check_tags(given: object, at: Path = ("tags",)) -> Iterator[Finding]:
    """What cannot be a tag: clouds take text under text."""
    tags = as_mapping(given)
    if tags is None:
        yield _other_type(at, given, "a mapping")
        return
    for key, value in tags.items():
        if value is None or type(value) in _NOT_TEXT:
            yield _other_type((*at, key), value, "text")


def _other_type(at: Path, given: object, expected: str, example: str = "") -> Finding:
    fix = f"Write `{example}`." if example else f"Write {expected}."
    if expected == "text" and isinstance(given, int | float):
        fix = f'Put quotes around the value: `"{str(given).lower()}"`.'
    facts = {"got": plain_type(given), "expected": expected, "fix": fix}
    return BY_CODE["wrong-type"].at(at, **facts)


def _servers_in(topology: Topology, network: str) -> Iterator[str]:
    for site in topology.sites.values():
        if site.network == network:
            yield from site.servers
    for key, edge in topology.edge_servers.items():
        if edge.network == network:
            yield key


def _of_servers(
    known: Collection[str], within: object, at: Path, attached: dict[str, str]
) -> Iterator[Finding]:
    """What is wrong among the ids of a network's servers; `attached` has the server of each that is known."""
    ids = as_mapping(within)
    if ids is None:
        yield _other_type(at, within, "a mapping", f"{at[-1]}: {{ex1: ...}}")
        return
    for name, given in ids.items():
        place = (*at, name)
        if name not in known:
            near = nearest(name, known)
            declared = f"Servers in this network are {', '.join(known) or 'none'}."
            fix = f'Did you mean "{near}"?' if near else declared
            yield BY_CODE["undeclared"].at(place, name=name, what="server", fix=fix)
        elif given is None or type(given) in _NOT_TEXT or given == "":
            yield _other_type(place, given or None, "an id")
        elif isinstance(given, str) and attached.setdefault(given, name) != name:
            yield BY_CODE["interface-bound-twice"].at(
                place, interface=given, one=attached[given], other=name
            )


def as_mapping(given: object) -> Mapping[str, object] | None:
    """What is given as a mapping, nothing being an empty one; none where it is something else."""
    if given is None:
        return {}
    return cast("Mapping[str, object]", given) if isinstance(given, Mapping) else None

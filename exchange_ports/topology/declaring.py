"""Plain data -> a topology that makes sense, or everything that is wrong with it.

Errors of shape do not hide the others: where it is clear what was meant (an unknown key, a misspelt
word, host bits), the data is mended for the sake of the checks, and they speak about the rest.
"""

import json
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exchange_ports.findings import Finding, Path, Refused
from exchange_ports.findings.declared import BY_CODE
from exchange_ports.topology.checks import check
from exchange_ports.topology.models import Topology
from exchange_ports.topology.values import plain_type

__all__ = ["declare", "nearest"]

#: Where a topology stands in a stack file's own keys.
TOPOLOGY_PATH: Final = ("topology",)

_REASONS: Final = {
    "organization": "reports name the organization",
    "networks": "servers stand in a network, and its platform decides what is made",
    "platform": "it decides whether security groups or network security groups are made",
    "internal": "the zone of Exchange servers is known by its ranges",
    "sites": "servers belong to Active Directory sites",
    "network": "the place decides which cloud's rules are made",
    "roles": "the roles decide what is opened to the server",
    "name_servers": "every Exchange server resolves names, and no page says who answers (A-20)",
    "reason": "every rule in the cloud says why it is there",
    "port": "there is no default for it",
}
_DROP: Final = object()


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if any is near."""
    from difflib import get_close_matches  # 3 ms that only mistakes should pay for

    by_lower = {each.lower().replace("-", "_"): each for each in known}
    close = get_close_matches(word.lower().replace("-", "_"), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def declare(data: object, at: Path = TOPOLOGY_PATH) -> tuple[Topology, tuple[Finding, ...]]:
    """The topology that plain data declares, with its warnings.

    `at` is where the data stands; findings' paths begin with it.

    :raises Refused: there is at least one error; with it come all errors and warnings.
    """
    topology, findings = _read(data, at)
    if topology is None:
        mended = _mended(data, findings)
        if mended is not None:
            topology, _ = _read(mended, at)
    shape = [finding for finding, _ in findings]
    checked = [] if topology is None else list(check(topology, at))
    if shape or any(finding.is_error for finding in checked):
        raise Refused([*shape, *checked])
    if topology is None:  # pragma: no cover - no topology without a finding
        raise AssertionError("a topology was refused without a reason")
    return topology, tuple(checked)


#: A finding of shape, with what to put in its place for the sake of the checks.
_Mendable = tuple[Finding, tuple[Path, object] | None]


def _read(data: object, at: Path) -> tuple[Topology | None, list[_Mendable]]:
    if not isinstance(data, dict):
        found = BY_CODE["wrong-type"].at(at, got=plain_type(data), expected="a mapping")
        return None, [(found, None)]
    try:
        # JSON is the one mode that is strict about text and numbers and knows no tuples.
        return Topology.model_validate_json(json.dumps(data)), []
    except ValidationError as failed:
        return None, list(_findings(failed.errors(include_url=False), data, at))


def _mended(data: object, findings: Iterable[_Mendable]) -> object | None:
    """The data with every finding's mend in it; none where one has no mend."""
    mended = deepcopy(data)
    for _, mend in findings:
        if mend is None:
            return None
        path, value = mend
        holder: Any = mended
        for step in path[:-1]:
            holder = holder[step]
        if value is _DROP:
            # Two findings may speak of one key.
            if path[-1] in holder:
                del holder[path[-1]]
        else:
            holder[path[-1]] = value
    return mended


def _findings(errors: list[ErrorDetails], data: Any, at: Path) -> Iterator[_Mendable]:
    paths = [_path(error["loc"]) for error in errors]
    for error, path in zip(errors, paths, strict=True):
        below = any(len(other) > len(path) and other[: len(path)] == path for other in paths)
        if error["type"] == "too_short" and below:
            # An entry was wrong, so the list came out empty: one root cause, one finding.
            continue
        yield _finding(error, path, data, at)


def _path(loc: tuple[int | str, ...]) -> Path:
    """A location without pydantic's own marks: union tags and `[key]`."""
    return tuple(step for step in loc if step not in ("<word>", "<list>", "<mapping>", "[key]"))


def _value(data: Any, path: Path) -> Any:
    for step in path:
        data = data[step]
    return data


def _finding(error: ErrorDetails, path: Path, data: Any, at: Path) -> _Mendable:
    kind, facts = error["type"], dict(error.get("ctx", {}))
    if kind in BY_CODE:
        return _own(kind, facts, path, at)
    if kind == "extra_forbidden":
        key = str(path[-1])
        known = sorted(_fields_at(path[:-1]))
        meant = nearest(key, known)
        fix = f"did you mean `{meant}`?" if meant else f"known here are {', '.join(known)}"
        if key == "roles" and "subscribed_site" in known:
            return (
                BY_CODE["edge-shares-role"].at(
                    (*at, *path[:-1]),
                    server=path[-2],
                    role="is given roles",
                    fix="take `roles` away: an Edge server has the Edge role alone",
                ),
                (path, _DROP),
            )
        return BY_CODE["unknown-key"].at((*at, *path), key=key, fix=fix), (path, _DROP)
    if kind == "missing":
        key = str(path[-1])
        why = _REASONS.get(key, "nothing stands for it when it is left out")
        return BY_CODE["missing-key"].at((*at, *path[:-1]), key=key, why=why), None
    if kind in ("enum", "literal_error"):
        return _word(str(_value(data, path)), str(facts["expected"]), path, at)
    if kind == "string_pattern_mismatch":
        return BY_CODE["bad-date"].at((*at, *path), word=_value(data, path)), (path, _DROP)
    if kind == "too_short":
        return BY_CODE["nothing-listed"].at((*at, *path)), None
    got = plain_type(_value(data, path))
    expected = _EXPECTED.get(kind, "something else")
    return BY_CODE["wrong-type"].at((*at, *path), got=got, expected=expected), None


_EXPECTED: Final = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "bool_type": "true or false",
    "string_type": "text",
    "int_type": "a number",
}


def _own(code: str, facts: dict[str, Any], path: Path, at: Path) -> _Mendable:
    """One of our own values' errors."""
    mend: tuple[Path, object] | None = None
    if code == "host-bits":
        mend = (path, facts["meant"])
    elif code == "bad-name":
        kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in str(facts["name"]))
        facts["meant"] = kept.strip("-")[:40] or "hq"
    elif code == "bad-ports":
        mend = (path, str(facts["meant"]))
    return BY_CODE[code].at((*at, *path), **facts), mend


def _word(word: str, expected: str, path: Path, at: Path) -> _Mendable:
    allowed = [each.strip(" '") for each in expected.replace(" or ", ",").split(",")]
    meant = nearest(word, allowed)
    if path[-2:-1] == ("roles",) and word.lower().startswith("edge"):
        server = path[-3]
        found = BY_CODE["edge-shares-role"].at(
            (*at, *path),
            server=server,
            role="is listed among internal servers",
            fix=f"move {server} from `servers` to `edge_servers`",
        )
        return found, None
    fix = f"did you mean {meant}?" if meant else f"write one of {', '.join(allowed)}"
    found = BY_CODE["unknown-word"].at(
        (*at, *path), word=word or "an empty text", allowed=", ".join(allowed), fix=fix
    )
    return found, ((path, meant) if meant else None)


def _fields_at(path: Path) -> set[str]:
    """The keys that a stack file may write at `path`, from the models."""
    models: list[type[BaseModel]] = [Topology]
    annotations: list[Any] = []
    for step in path:
        if models:
            annotations = [
                field.annotation
                for model in models
                for name, field in model.model_fields.items()
                if (field.alias or name) == step
            ]
        else:
            # Behind a mapping's key or a list's index stands what the container holds.
            annotations = [arg for a in annotations for arg in get_args(a)[-2:]]
        models = list(_models_in(annotations))
        annotations = [a for each in annotations for a in _containers_in(each)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def _members(annotation: Any) -> Iterator[Any]:
    """An annotation without unions and `Annotated`."""
    if get_args(annotation) and not _is_container(annotation):
        for arg in get_args(annotation):
            yield from _members(arg)
    else:
        yield annotation


def _is_container(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (dict, tuple)


def _models_in(annotations: Iterable[Any]) -> Iterator[type[BaseModel]]:
    for annotation in annotations:
        for member in _members(annotation):
            if isinstance(member, type) and issubclass(member, BaseModel):
                yield member


def _containers_in(annotation: Any) -> Iterator[Any]:
    return (member for member in _members(annotation) if _is_container(member))

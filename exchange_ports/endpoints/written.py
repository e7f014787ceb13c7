"""A snapshot as a stack file or a file of its own has it, in YAML or JSON; `reading` reads it back."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from exchange_ports.endpoints.snapshot import Instance, Selection, Snapshot


def as_data(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as plain data: the fields of `inline`, without those that are empty."""
    data: dict[str, Any] = {
        "instance": snapshot.instance.value,
        "version": snapshot.version,
        "source": snapshot.source,
        "note": snapshot.note,
        "sets": {which.value: _set_data(each) for which, each in snapshot.sets.items()},
    }
    return {key: value for key, value in data.items() if value != ""}


def _set_data(selection: Selection) -> dict[str, Any]:
    data: dict[str, Any] = {
        "basis": selection.basis,
        "records": list(selection.records),
        "ranges": [str(each) for each in selection.ranges],
        "names": list(selection.names),
    }
    return {key: value for key, value in data.items() if value}


def to_json(snapshot: Snapshot) -> str:
    """The snapshot as JSON, ending with a line end."""
    # YAML, by which it is read back, has no pairs of escapes for one character.
    return json.dumps(as_data(snapshot), indent=2, ensure_ascii=False) + "\n"


def to_yaml(snapshot: Snapshot) -> str:
    """The snapshot as YAML, one range or name on a line, so that a diff shows each that changes."""
    return "\n".join(_lines(as_data(snapshot), "")) + "\n"


def _lines(data: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _lines(cast("dict[str, Any]", value), f"{indent}  ")
        elif isinstance(value, list):
            several = cast("Sequence[str | int]", value)
            if all(isinstance(each, int) for each in several):
                yield f"{indent}{key}: [{', '.join(map(str, several))}]"
            else:
                yield f"{indent}{key}:"
                yield from (f"{indent}  - {_scalar(each)}" for each in several)
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _scalar(value: str | int) -> str:
    """A text as every YAML reader has it: in quotes, unless it is an instance or an IPv4 range."""
    text = str(value)
    if isinstance(value, int) or text in _WORDS or _IPV4.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=False)


_WORDS: Final = frozenset(each.value for each in Instance)
_IPV4: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}/[0-9]{1,2}")

"""JSON that another program printed, read into plain records, or everything that is wrong with it.

Knows: JSON, and pydantic's words for what does not fit. Must not know: whose output it is.
No finding shows a value: an export of a stack may hold secrets.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from exchange_ports.findings import Finding, Kind, Path, Place
from exchange_ports.findings.adoption_kinds import CANNOT_READ_OUTPUT, WRONG_OUTPUT

__all__ = ["Document", "Json", "fields_of", "items_of", "loaded", "parsed"]

Json = dict[str, Any]

_Record = TypeVar("_Record", bound=BaseModel)

#: More faults of one file are one fault: it is another command's output.
_MOST: Final = 10


@dataclass(frozen=True, slots=True)
class Document:
    """What one file holds; `file` is only its name, for findings."""

    file: str
    data: object

    def at(self, kind: Kind, path: Path, **facts: object) -> Finding:
        """A finding of a kind at a JSON path of this file."""
        return kind.at(path, **facts).located(lambda _: Place(self.file))

    def wrong(self, path: Path, wrong: str, fix: str) -> Finding:
        """The finding that something in this file is not what it should be."""
        return self.at(WRONG_OUTPUT, path, file=self.file, wrong=wrong, fix=fix)


def loaded(content: bytes, file: str, commands: str) -> Document | Finding:
    """The JSON in a file, in any encoding of Unicode (PowerShell writes UTF-16), or why it is none.

    `commands` are those whose output is asked for.
    """
    why = "it is empty"
    if content.strip():
        try:
            return Document(file, json.loads(content))
        except json.JSONDecodeError as failed:
            why = f"it is not JSON from line {failed.lineno}, column {failed.colno} on"
        except UnicodeDecodeError:
            why = "it is not text"
        except (ValueError, RecursionError):
            why = "it is no JSON that can be read: a number is too long, or lists lie too deep"
    return CANNOT_READ_OUTPUT.at((), file=file, why=why, commands=commands).located(
        lambda _: Place(file)
    )


def fields_of(data: object) -> Json:
    """The fields of a JSON object; of anything else none."""
    return cast("Json", data) if isinstance(data, dict) else {}


def items_of(data: object) -> list[Any] | None:
    """The items of a JSON list; none where it is something else."""
    return cast("list[Any]", data) if isinstance(data, list) else None


def parsed(
    document: Document, model: type[_Record], data: object, path: Path, fix: str
) -> _Record | list[Finding]:
    """A record out of `data`, which stands at `path` of a document, or what does not fit."""
    try:
        # JSON is the one mode that is strict about text and numbers and knows no tuples.
        return model.model_validate_json(json.dumps(data))
    except ValidationError as failed:
        errors = failed.errors(include_url=False, include_context=False, include_input=False)
        return list(_wrongs(document, errors, path, fix))


def _wrongs(
    document: Document, errors: list[ErrorDetails], path: Path, fix: str
) -> Iterator[Finding]:
    for error in errors[:_MOST]:
        said = error["msg"]
        missing = error["type"] == "missing"
        wrong = f"{error['loc'][-1]} is missing" if missing else f"{said[0].lower()}{said[1:]}"
        yield document.wrong((*path, *error["loc"]), wrong, fix)
    if len(errors) > _MOST:
        yield document.wrong(path, f"{len(errors) - _MOST} more such faults", fix)

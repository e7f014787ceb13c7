"""Plain data -> a topology that makes sense, or everything that is wrong with it.

Errors of shape do not hide the others: where it is clear what was meant (an unknown key, a misspelt
word, host bits), the data is mended for the sake of the checks, and they speak about the rest.
"""

import ast
import inspect
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, Final, cast

from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from exchange_ports.findings import Finding, Path, Refused
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.checks import check
from exchange_ports.topology.fields import plain_type
from exchange_ports.topology.models import Topology
from exchange_ports.topology.validation_errors import (
    DROPPED,
    ShapeError,
    mistakable,
    not_plain,
    shape_errors,
)

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


def _read(data: object, at: Path) -> tuple[Topology | None, list[ShapeError]]:
    if not isinstance(data, dict):
        found = BY_CODE["wrong-type"].at(at, got=plain_type(data), expected="a mapping")
        return None, [ShapeError(found)]
    odd = list(not_plain(cast("object", data), at))
    if odd:
        return None, odd
    try:
        # JSON is the one mode that is strict about text and numbers and knows no tuples.
        return Topology.model_validate_json(json.dumps(data)), []
    except ValidationError as failed:
        strange = list(mistakable(data, at))
        if strange:
            cleared = _mended(cast("object", data), strange)
            _, others = _read(cleared, at)
            return None, [*strange, *others]
        return None, list(shape_errors(failed.errors(include_url=False), data, at))


def _mended(data: object, shape: Sequence[ShapeError]) -> object | None:
    """The data with every mend in it; none where it is not clear what was meant."""
    mends = [each.mend for each in shape if each.mend is not None]
    if len(mends) < len(shape):
        return None
    mended = deepcopy(data)
    for path, value in mends:
        holder: Any = mended
        for step in path[:-1]:
            holder = holder[step]
        if value is not DROPPED:
            holder[path[-1]] = value
        elif path[-1] in holder:
            del holder[path[-1]]
    return mended


# ---- the JSON Schema of a topology, by which editors complete and check stack files ----


class _Strict(GenerateJsonSchema):
    """Pydantic's own generator, with mappings whose keys are names closed against other keys."""

    def dict_schema(self, schema: core_schema.DictSchema) -> dict[str, Any]:
        """A mapping. Pydantic says what a name looks like, and lets others pass unseen."""
        made = super().dict_schema(schema)
        if "patternProperties" in made:
            made["additionalProperties"] = False
        return made


def topology_schema() -> dict[str, Any]:
    """The schema by draft 2020-12."""
    schema = Topology.model_json_schema(schema_generator=_Strict)
    texts = _described()
    for name, model in ((Topology.__name__, schema), *schema["$defs"].items()):
        for field, text in texts.get(name, {}).items():
            declared = getattr(models, name).model_fields[field]
            model["properties"][declared.alias or field]["description"] = text
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _described() -> dict[str, dict[str, str]]:
    """The text below each field, by model and field; a model has those of its bases too."""
    described: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(models)).body:
        if isinstance(node, ast.ClassDef):
            texts: dict[str, str] = {}
            for base in node.bases:
                texts |= described.get(base.id, {}) if isinstance(base, ast.Name) else {}
            described[node.name] = texts | dict(_texts(node))
    return described


def _texts(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, below in zip(model.body, model.body[1:], strict=False):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, inspect.cleandoc(text)
            case _:
                pass

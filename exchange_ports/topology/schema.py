"""The JSON Schema of a topology, by which editors complete and check stack files.

Fields are described by the texts below them in `models`. Pydantic could read those itself, but would
do so at the start of every command, and only a schema needs them.
"""

import ast
import inspect
from collections.abc import Iterator
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from exchange_ports.topology import models
from exchange_ports.topology.models import Topology

__all__ = ["topology_schema"]


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

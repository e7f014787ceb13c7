"""The JSON Schema of a topology, by which editors complete and check stack files."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

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
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Topology.model_json_schema(schema_generator=_Strict),
    }

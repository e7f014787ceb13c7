"""The schema of the plugin: what Pulumi generates the SDKs of other languages from.

Made from the annotations and texts of the component's own classes, so that each argument is described
once. Pulumi's analyzer does not know some of the types that Python programs are given; `_OTHERWISE` has
what stands for them in a schema.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

import pulumi
from pulumi.provider.experimental.analyzer import (
    Analyzer,
    ComponentDefinition,
    PropertyDefinition,
)
from pulumi.provider.experimental.schema import generate_schema

from exchange_ports import __version__
from exchange_ports.component import ExchangeFirewall, ExchangeFirewallArgs, HandoverEntry
from exchange_ports.component.arguments import DeclaredTopology
from exchange_ports.plugin.spelling import camel_case
from exchange_ports.stackfile.stack_file import NAMESPACE

#: The package is `@exchange-ports/exchange-ports` for npm, and alike elsewhere: without it, Pulumi puts it
#: among its own packages.
PUBLISHER: Final = "exchange-ports"

_OTHERWISE: Final[Mapping[Any, Any]] = {
    # Free keys, which no language changes the case of.
    DeclaredTopology: dict[str, Any],
    # A typed one would need the whole schema of its package.
    pulumi.ProviderResource: pulumi.Input[Any],
}

_ABOUT: Final[Mapping[str, Any]] = {
    "displayName": "exchange-ports",
    "description": "The firewall of a Microsoft Exchange organization, Exchange 2013 to SE, from one declared "
    "topology, on AWS and Azure.",
    "keywords": ["category/network", "kind/component", "exchange", "firewall", "aws", "azure"],
    "license": "Apache-2.0",
    "publisher": PUBLISHER,
    # Go's SDK is then a module of its own. Without it, its files import a folder that is not there.
    "meta": {"supportPack": True},
}


class _Annotations(Analyzer):
    """Pulumi's analyzer, with the types of `_OTHERWISE`."""

    def analyze_property(
        self, arg: Any, typ: type, name: str, **options: Any
    ) -> PropertyDefinition:
        return super().analyze_property(_OTHERWISE.get(arg, arg), typ, name, **options)

    def component(self) -> ComponentDefinition:
        """What there is of ExchangeFirewall in other languages."""
        inputs, inputs_mapping = self.analyze_type(ExchangeFirewallArgs, is_component_output=False)
        outputs, outputs_mapping = self.analyze_type(ExchangeFirewall, is_component_output=True)
        outputs["handover"] = self.analyze_property(
            Sequence[HandoverEntry],
            ExchangeFirewall,
            "handover",
            can_be_plain=False,
            is_component_output=True,
        )
        outputs["handover"].description = ExchangeFirewall.handover.__doc__
        return ComponentDefinition(
            name=ExchangeFirewall.__name__,
            description=ExchangeFirewall.__doc__,
            inputs=inputs,
            inputs_mapping=inputs_mapping,
            outputs=outputs,
            outputs_mapping={**outputs_mapping, "handover": "handover"},
            module=ExchangeFirewall.__module__,
        )


@cache
def plugin_schema() -> str:
    """The schema as JSON text."""
    annotations = _Annotations(NAMESPACE)
    component = annotations.component()
    made: dict[str, Any] = generate_schema(
        NAMESPACE,
        __version__,
        PUBLISHER,
        {component.name: component},
        annotations.type_definitions,
        [],
    ).to_json()
    _with_types_for_go(made["resources"].values())
    names = {*component.inputs_mapping.values(), *component.outputs_mapping.values()}
    for each in annotations.type_definitions.values():
        names |= {*each.properties_mapping.values()}
    return json.dumps(
        {**_renamed_types(_in_plain_lines(made, _in_case(names))), **_ABOUT}, indent=2
    )


def _with_types_for_go(resources: Iterable[dict[str, Any]]) -> None:
    """Records in mappings as inputs: of plain ones, Go's generator uses a type that it does not write.

    The values are still plain records. An output in place of one is refused with a finding.
    """
    for resource in resources:
        for each in resource["inputProperties"].values():
            of_each = each.get("additionalProperties", {})
            if "$ref" in of_each and of_each["$ref"].startswith("#/types/"):
                of_each.pop("plain", None)


def _in_case(names: set[str]) -> Callable[[str], str]:
    """Gives a text with the names of arguments and outputs as other languages have them."""
    snake = {name for name in names if "_" in name}

    def in_case(text: str) -> str:
        return re.sub(
            r"`(\w+)`",
            lambda found: f"`{camel_case(found[1])}`" if found[1] in snake else found[0],
            text,
        )

    return in_case


def _in_plain_lines(node: Any, in_case: Callable[[str], str], inside: bool = False) -> Any:
    """Each text on one line, and none for the items of a list or mapping: that is its own text again."""
    if isinstance(node, list):
        return [_in_plain_lines(each, in_case) for each in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for key, value in cast("dict[str, Any]", node).items():
        if key == "description" and isinstance(value, str):
            if not inside:
                found[key] = in_case(
                    inspect.cleandoc(value)
                    .replace("\n\n", "\0")
                    .replace("\n", " ")
                    .replace("\0", "\n\n")
                )
            continue
        found[key] = _in_plain_lines(value, in_case, key in ("items", "additionalProperties"))
    return found


def _renamed_types(schema: dict[str, Any]) -> dict[str, Any]:
    """Types without `Args` at their end: SDKs add that themselves to what goes in."""
    text = json.dumps(schema)
    prefix = f"{NAMESPACE}:index:"
    for token in schema["types"]:
        text = text.replace(
            f'{token}"', f'{prefix}{token.removeprefix(prefix).removesuffix("Args")}"'
        )
    return cast("dict[str, Any]", json.loads(text))

"""The resources of pulumi-azure-native that our program registers, made by ARM.

Knows: what azure-native 3.29 does for each of them: which calls in which order, what it keeps, what
replaces (azure.md 5; pulumi/pulumi-azure-native, `provider/pkg/provider/{provider,diff}.go`,
`crud/crud.go`).
Must not know: what ARM refuses (tests/engine/arm.py), nor what our program registers.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final, cast

from tests.engine.provider import Kind, PartlyMade, Values

__all__ = ["ApplicationSecurityGroup", "ArmClient", "ArmError", "ArmKind", "NetworkSecurityGroup"]

Json = dict[str, Any]

#: Of a rule: what can be put, beside its name. Groups are named by their ids.
_RULE: Final = frozenset(
    {
        "access",
        "description",
        "destinationAddressPrefix",
        "destinationAddressPrefixes",
        "destinationApplicationSecurityGroups",
        "destinationPortRange",
        "destinationPortRanges",
        "direction",
        "priority",
        "protocol",
        "sourceAddressPrefix",
        "sourceAddressPrefixes",
        "sourceApplicationSecurityGroups",
        "sourcePortRange",
        "sourcePortRanges",
    }
)


class ArmError(Exception):
    """What ARM refused, in the words in which azure-native hands it on."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f'Status={status} Code="{code}" Message="{message}"')
        self.status, self.code = status, code


class ArmClient:
    """What the kinds need of ARM's client."""

    subscription: str

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """The answer, once the operation that it began has ended.

        :raises ArmError: ARM refused, or the operation failed.
        """
        raise NotImplementedError


class ArmKind(Kind):
    """What the resources of ARM have in common."""

    required = frozenset({"resourceGroupName"})
    #: ARM's word for the type.
    arm_type: ClassVar[str]
    #: Inputs of the body: at its top, and under `properties`.
    top: ClassVar[tuple[str, ...]] = ("location", "tags")
    below: ClassVar[tuple[str, ...]] = ()
    longest_name = 80

    def __init__(self, arm: ArmClient) -> None:
        self.arm = arm

    @property
    def name_key(self) -> str:
        assert self.named is not None
        return self.named

    def id_of(self, inputs: Values) -> str:
        """The id follows from the inputs that make the path."""
        return (
            f"/subscriptions/{self.arm.subscription}/resourceGroups/{inputs['resourceGroupName']}"
            f"/providers/Microsoft.Network/{self.arm_type}/{inputs[self.name_key]}"
        )

    def inputs_of_path(self, id_: str) -> dict[str, Any]:
        """What an import knows from the id alone."""
        segments = id_.split("/")
        return {"resourceGroupName": segments[4], self.name_key: segments[8]}

    def body(self, inputs: Values) -> Json:
        body: Json = {key: inputs[key] for key in self.top if key in inputs}
        body["properties"] = {
            key: self.to_arm(key, inputs[key]) for key in self.below if key in inputs
        }
        return body

    def to_arm(self, key: str, value: Any) -> Any:
        """An input in ARM's form."""
        return value

    def outputs(self, answer: Json, inputs: Values) -> dict[str, Any]:
        """An answer in the SDK's form, where `properties` are at the top."""
        below = cast(Json, answer.get("properties") or {})
        return {key: value for key, value in answer.items() if key != "properties"} | below

    def projected(self, outputs: Values) -> dict[str, Any]:
        """What of the outputs is an input too (`SDKOutputsToSDKInputs`)."""
        return {key: outputs[key] for key in (*self.top, *self.below) if key in outputs}

    def same(self, key: str, old: Any, new: Any) -> bool:
        if key == "location" and old is not None and new is not None:
            # Case and spaces mean nothing there (`normalizedLocation`).
            return _location(old) == _location(new)
        return old == new

    def create(self, inputs: Values) -> tuple[str, Values]:
        id_ = self.id_of(inputs)
        try:
            self.arm.call("GET", id_)
        except ArmError as refused:
            if refused.status != 404:
                raise
        else:
            raise RuntimeError(f"cannot create already existing resource '{id_}'")
        return id_, self._put(id_, self.body(inputs), inputs)

    def read(self, id_: str, known: Values) -> Values | None:
        try:
            return self.outputs(self.arm.call("GET", id_), known)
        except ArmError as refused:
            if refused.status == 404:
                return None
            raise

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        return self._put(id_, self.body(news), news)

    def delete(self, id_: str, olds: Values) -> None:
        try:
            self.arm.call("DELETE", id_)
        except ArmError as refused:
            if refused.status != 404:
                raise

    def _put(self, id_: str, body: Json, inputs: Values) -> Values:
        accepted = self.arm.call("PUT", id_, body)
        try:
            return self.outputs(self.arm.call("GET", id_), inputs)
        except ArmError as lost:
            # It is there: whoever forgot it now could never create it again (`partialError`).
            raise PartlyMade(id_, self.outputs(accepted, inputs), str(lost)) from lost


class ApplicationSecurityGroup(ArmKind):
    token = "azure-native:network:ApplicationSecurityGroup"  # noqa: S105
    arm_type = "applicationSecurityGroups"
    named = "applicationSecurityGroupName"
    inputs = frozenset(
        {"applicationSecurityGroupName", "id", "location", "resourceGroupName", "tags"}
    )
    replacing = frozenset({"applicationSecurityGroupName", "location", "resourceGroupName"})


class NetworkSecurityGroup(ArmKind):
    """`securityRules` set: they are all there are. Unset: whatever is there stays (azure.md 5)."""

    token = "azure-native:network:NetworkSecurityGroup"  # noqa: S105
    arm_type = "networkSecurityGroups"
    named = "networkSecurityGroupName"
    inputs = frozenset(
        {
            "flushConnection",
            "id",
            "location",
            "networkSecurityGroupName",
            "resourceGroupName",
            "securityRules",
            "tags",
        }
    )
    replacing = frozenset({"location", "networkSecurityGroupName", "resourceGroupName"})
    below = ("flushConnection", "securityRules")

    def to_arm(self, key: str, value: Any) -> Any:
        if key != "securityRules":
            return value
        return [
            {
                "name": rule.get("name"),
                "properties": {name: rule[name] for name in _RULE if name in rule},
            }
            for rule in cast("list[Json]", value)
        ]

    def outputs(self, answer: Json, inputs: Values) -> dict[str, Any]:
        outputs = super().outputs(answer, inputs)
        for key in ("securityRules", "defaultSecurityRules"):
            outputs[key] = [super(NetworkSecurityGroup, self).outputs(e, {}) for e in outputs[key]]
        if inputs and "securityRules" not in inputs:
            # Rules that are resources of their own are nothing to this one; but an import, which
            # knows of no inputs, takes what is there.
            del outputs["securityRules"]
        return outputs

    def projected(self, outputs: Values) -> dict[str, Any]:
        found = super().projected(outputs)
        if "securityRules" in found:
            found["securityRules"] = [
                {key: rule[key] for key in ("name", *sorted(_RULE)) if key in rule}
                for rule in cast("list[Mapping[str, Any]]", found["securityRules"])
            ]
        return found

    def create(self, inputs: Values) -> tuple[str, Values]:
        id_, outputs = super().create({"securityRules": [], **inputs})
        if "securityRules" not in inputs:
            outputs = {key: value for key, value in outputs.items() if key != "securityRules"}
        return id_, outputs

    def update(self, id_: str, olds: Values, news: Values) -> Values:
        body = self.body(news)
        if "securityRules" not in news:
            there = self.arm.call("GET", id_)
            body["properties"]["securityRules"] = there["properties"]["securityRules"]
        return self._put(id_, body, news)


def _location(value: object) -> str:
    return str(value).replace(" ", "").lower()

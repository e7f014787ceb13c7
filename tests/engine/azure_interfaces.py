"""The network interface of azure-native, made by ARM: what a server's groups hang on.

Knows: its form in the SDK and in ARM, as far as groups and subnets go.
Must not know: our program, which makes none.
"""

from typing import Any, cast

from tests.engine.azure_kinds import ArmKind, Json
from tests.engine.provider import Values

__all__ = ["NetworkInterface"]


class NetworkInterface(ArmKind):
    token = "azure-native:network:NetworkInterface"  # noqa: S105
    arm_type = "networkInterfaces"
    named = "networkInterfaceName"
    replacing = frozenset({"location", "networkInterfaceName", "resourceGroupName"})
    below = ("ipConfigurations", "networkSecurityGroup")
    inputs = replacing | {*below, "tags"}

    def to_arm(self, key: str, value: Any) -> Any:
        if key != "ipConfigurations":
            return value
        return [
            {
                "name": each["name"],
                "properties": {name: each[name] for name in each if name != "name"},
            }
            for each in cast("list[Json]", value)
        ]

    def outputs(self, answer: Json, inputs: Values) -> dict[str, Any]:
        outputs = super().outputs(answer, inputs)
        outputs["ipConfigurations"] = [
            super(NetworkInterface, self).outputs(each, {}) for each in outputs["ipConfigurations"]
        ]
        return outputs

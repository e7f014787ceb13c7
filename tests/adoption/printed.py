"""What a person would have printed of a made stack: the clouds' answers and the engine's export.

Knows: what the commands of `adopt` print, by boto3 and azure-mgmt-network, and the form of an export
(pulumi.md 4). Must not know: how any of it is read.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from exchange_ports.offline import Recording, Registration
from tests.engine.deployment import Deployment

__all__ = ["PROVIDERS", "SECRET", "aws", "azure", "export"]

Json = dict[str, Any]

#: What an export has of credentials and must stand in no output.
SECRET: Final = "hunter2-never-to-be-shown"  # noqa: S105 - it is no one's

#: The default providers that the engine makes, with their versions.
PROVIDERS: Final = {"aws": "7.51.1", "azure-native": "3.29.0"}


def aws(ec2: Any) -> list[Json]:
    """The answers of EC2, those with entries as the page says that they be printed."""
    lists = ec2.describe_managed_prefix_lists()
    entries = [
        {
            "PrefixListId": each["PrefixListId"],
            "Entries": ec2.get_managed_prefix_list_entries(PrefixListId=each["PrefixListId"])[
                "Entries"
            ],
        }
        for each in lists["PrefixLists"]
        if each["OwnerId"] != "AWS"
    ]
    groups = ec2.describe_security_groups()
    rules = ec2.describe_security_group_rules()
    return [json.loads(json.dumps(each, default=str)) for each in (groups, rules, lists, *entries)]


def azure(client: Any, groups: Iterable[str]) -> list[list[Json]]:
    """The answers of ARM for resource groups, in ARM's own form: network and application groups."""
    listed = sorted(groups)
    return [
        [each.as_dict() for group in listed for each in kind.list(group)]
        for kind in (client.network_security_groups, client.application_security_groups)
    ]


def export(
    recording: Recording,
    deployment: Deployment,
    *,
    without: Collection[str] = (),
    pending: Iterable[tuple[str, str]] = (),
) -> Json:
    """The export of the stack, as if the engine had never heard of the URNs in `without`.

    `pending` are operations that were begun, as (type, URN).
    """
    stack = recording.stack_urn
    made = {urn: one.id for urn, one in deployment.resources.items()}
    by_urn = {one.urn: one for one in recording.registrations}
    providers = {
        package: f"urn:pulumi:{recording.stack}::{recording.project}::pulumi:providers:{package}"
        f"::default_{version.replace('.', '_')}"
        for package, version in PROVIDERS.items()
    }
    resources: list[Json] = [{"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"}]
    used = {one.type.partition(":")[0] for one in recording.registrations if one.custom}
    resources += [
        {
            "urn": urn,
            "custom": True,
            "id": "0123",
            "type": f"pulumi:providers:{package}",
            "inputs": {"secretKey": SECRET},
            "outputs": {"secretKey": SECRET},
        }
        for package, urn in providers.items()
        if package in used
    ]
    resources += [
        _resource(one, made, providers)
        for one in recording.registrations
        if one.urn not in without and (not one.custom or one.urn in made)
    ]
    operations = [
        {"resource": _resource(by_urn[urn], {}, providers), "type": type_} for type_, urn in pending
    ]
    return {
        "version": 3,
        "deployment": {
            "manifest": {"time": "2026-11-23T00:00:00Z", "magic": "", "version": "v3.260.0"},
            "secrets_providers": {"type": "passphrase", "state": {"salt": SECRET}},
            "resources": resources,
            **({"pending_operations": operations} if operations else {}),
        },
    }


def _resource(one: Registration, made: Mapping[str, str], providers: Mapping[str, str]) -> Json:
    found: Json = {
        "urn": one.urn,
        "custom": one.custom,
        "type": one.type,
        "parent": one.parent,
        "inputs": {"tags": {"password": SECRET}},
    }
    if one.custom:
        found["id"] = made.get(one.urn, "")
        found["provider"] = f"{providers[one.type.partition(':')[0]]}::0123"
    return found

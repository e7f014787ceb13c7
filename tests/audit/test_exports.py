"""Exported files are recognized by their content, whatever their order, form and encoding; other files are findings."""

import gzip
import json
from contextlib import suppress
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from exchange_ports.audit.compare import audit
from exchange_ports.audit.exports import read_exports
from exchange_ports.clouds.existing import fields_of, items_of
from exchange_ports.findings import Refused
from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.models import Platform
from tests.support.live_exports import export_live, settings_of
from tests.support.strategies import WITH_EDGE, declared, edited

Files = list[tuple[str, bytes]]


def plans_on(platform: str) -> Plans:
    return compile_plans(declared(edited(WITH_EDGE, {"networks.corp.platform": platform})))


AWS, AZURE = plans_on("aws"), plans_on("azure")
PLANS = {Platform.AWS: AWS, Platform.AZURE: AZURE}
OUTPUTS = {each: export_live(plans)[each] for each, plans in PLANS.items()}


def files(outputs: list[Any], encoding: str = "utf-8") -> Files:
    return [(f"{at}.json", json.dumps(each).encode(encoding)) for at, each in enumerate(outputs)]


def is_equal(platform: Platform, given: Files) -> bool:
    plans = PLANS[platform]
    return audit(plans, read_exports(given), settings_of(plans)).equal


def codes(given: Files) -> set[str]:
    with pytest.raises(Refused) as refused:
        read_exports(given)
    return {each.kind.code for each in refused.value.findings}


@pytest.mark.parametrize("platform", [*PLANS])
def test_files_are_read_in_any_order_encoding_and_compression(platform: Platform) -> None:
    outputs = OUTPUTS[platform]
    assert is_equal(platform, files(outputs))
    assert is_equal(platform, files(outputs)[::-1])
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le"):
        assert is_equal(platform, files(outputs, encoding))
    assert is_equal(platform, [(name, gzip.compress(content)) for name, content in files(outputs)])
    assert is_equal(platform, files([{"outputs": outputs}]))


def test_pages_of_aws_are_read_together() -> None:
    outputs = deepcopy(OUTPUTS[Platform.AWS])
    rules = next(each for each in outputs if "SecurityGroupRules" in each)
    first = {"SecurityGroupRules": rules["SecurityGroupRules"][:3], "NextToken": "abc"}
    rules["SecurityGroupRules"] = rules["SecurityGroupRules"][3:]
    assert is_equal(Platform.AWS, files([first, *outputs]))
    assert codes(files([first, *(each for each in outputs if each is not rules)])) == {
        "incomplete-output"
    }


def test_lists_without_their_key_are_recognized_on_aws() -> None:
    # As the AWS tools for PowerShell print them.
    bare = [
        next(iter(each.values())) if len(each) == 1 and any(each.values()) else each
        for each in OUTPUTS[Platform.AWS]
    ]
    assert is_equal(Platform.AWS, files(bare))


def as_arm(resource: Any) -> Any:
    """With properties nested, as the REST API prints them."""
    kept = ("id", "name", "type", "location", "resourceGroup")
    found = {key: value for key, value in resource.items() if key in kept}
    inner = {key: value for key, value in resource.items() if key not in kept}
    for key in ("securityRules", "ipConfigurations", "subnets"):
        if key in inner:
            inner[key] = [as_arm(each) for each in inner[key]]
    return {**found, "properties": inner}


def as_powershell(data: Any) -> Any:
    """With capital letters, without types, and ports and prefixes as lists."""
    several = items_of(data)
    if several is not None:
        return [as_powershell(each) for each in several]
    fields = fields_of(data)
    if not fields:
        return data
    found: dict[str, Any] = {}
    for key, value in fields.items():
        if key == "type":
            continue
        name = f"{key[0].upper()}{key[1:]}"
        if key.endswith(("PortRange", "AddressPrefix")):
            listed = fields.get(f"{key}s") or fields.get(f"{key}es") or [value]
            found[name] = [each for each in listed if each is not None]
        elif not key.endswith(("PortRanges", "AddressPrefixes")) or key == "addressPrefixes":
            found[name] = as_powershell(value)
    return found


def test_azure_is_read_as_rest_cli_and_powershell_print_it() -> None:
    outputs = OUTPUTS[Platform.AZURE]
    rest = [{"value": [as_arm(each) for each in output]} for output in outputs]
    assert is_equal(Platform.AZURE, files(rest))
    assert is_equal(Platform.AZURE, files([as_powershell(output) for output in outputs]))
    # One file for each resource, as `show` prints it.
    assert is_equal(Platform.AZURE, files([each for output in outputs for each in output]))


def test_what_is_missing_is_named() -> None:
    aws, azure = OUTPUTS[Platform.AWS], OUTPUTS[Platform.AZURE]
    for key in ("SecurityGroups", "SecurityGroupRules"):
        assert codes(files([each for each in aws if key not in each])) == {"incomplete-output"}
    interfaces = ("NetworkInterfaces", "Reservations")
    left = [each for each in aws if not any(key in each for key in interfaces)]
    assert codes(files(left)) == {"incomplete-output"}
    for at in (0, 2):
        assert codes(files([each for each in azure if each is not azure[at]])) == {
            "incomplete-output"
        }


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "cannot-read-output"),
        (b"{", "cannot-read-output"),
        (b"\xff\xfe\x00", "cannot-read-output"),
        (b"[" * 100_000, "cannot-read-output"),
        (gzip.compress(b"{}")[:-9], "cannot-read-output"),
        (b"\x1f\x8bnothing", "cannot-read-output"),
        (b"7", "wrong-output"),
        (b'{"State": "running"}', "wrong-output"),
        (b'[{"id": "/subscriptions/x"}]', "wrong-output"),
        (b'{"SecurityGroups": 7}', "wrong-output"),
        (b'{"NetworkInterfaces": [{"NetworkInterfaceId": 7}]}', "wrong-output"),
    ],
)
def test_a_file_that_is_no_export_is_a_finding(content: bytes, code: str) -> None:
    assert code in codes([("x.json", content)])


_VALUES: list[Any] = [
    *(None, True, 0, -1, 10**30, [], {}),
    *("", "*", "tcp", "sg-1", "10.0.0.0/8", "::/0", "1-0", "fe80::1%eth0", "x" * 999),
]


def spoilt(data: Any, random: Random) -> Any:
    """Some values of an output replaced by others that somebody may write, or left out."""
    several = items_of(data)
    if several is not None:
        kept = [spoilt(each, random) for each in several if random.random() > 0.02]
        return kept + kept[:1] if random.random() < 0.02 else kept
    fields = fields_of(data)
    if fields:
        return {
            key: spoilt(value, random) for key, value in fields.items() if random.random() > 0.005
        }
    if random.random() > 0.01:
        return data
    return random.choice(_VALUES)


def check_spoilt(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - nothing is secret
    platform = random.choice([*PLANS])
    plans = PLANS[platform]
    outputs = spoilt(OUTPUTS[platform], random)
    with suppress(Refused):
        audit(plans, read_exports(files(outputs)), settings_of(plans))


def test_spoilt_exports_are_findings_or_differences() -> None:
    for seed in range(60):
        check_spoilt(seed)


@pytest.mark.slow
def test_2000_spoilt_exports_are_findings_or_differences() -> None:
    for seed in range(2_000):
        check_spoilt(seed)

"""The command `adopt`: files in, report and import file out, and no secret of an export in any of it."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from exchange_ports.cli import main
from exchange_ports.pipeline import read_at_most
from tests.adoption.printed import SECRET
from tests.adoption.scenes import FOLDER, SCENES, as_text, write
from tests.support.paths import ROOT, UPDATE

Json = dict[str, Any]

DEV: Final = str(ROOT / "stacks" / "Pulumi.dev.yaml")
SCENE: Final = FOLDER / "interrupted"
GROUPS: Final = str(SCENE / "groups.json")
RULES: Final = str(SCENE / "rules.json")
STATE: Final = str(SCENE / "state.json")
AZURE: Final = FOLDER / "azure"


def adopt(*arguments: str) -> int:
    return main(["adopt", *arguments])


def state_with(folder: Path, **more: object) -> str:
    """The scene's export with more in its deployment."""
    state: Json = json.loads(Path(STATE).read_text())
    state["deployment"] |= more
    path = folder / "state.json"
    path.write_text(json.dumps(state))
    return str(path)


def test_the_scenes_of_the_page_are_those_of_the_plan(pytestconfig: pytest.Config) -> None:
    if pytestconfig.getoption(UPDATE):
        write()
    for name, made in SCENES.items():
        for file, data in made().items():
            assert (FOLDER / name / file).read_text() == as_text(data), f"{name}/{file}"


def test_the_import_file_is_written_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "adopt.json"
    assert adopt(DEV, "--state", STATE, "--aws", GROUPS, RULES, "--out", str(out)) == 0
    written = json.loads(out.read_text())
    assert [each["id"] for each in written["resources"]] == ["sgr-0002"]
    reported = capsys.readouterr()
    assert f"pulumi import --file {out} " in reported.out
    assert reported.out.endswith(f"1 resource to import: written to {out}\n")
    assert reported.err == ""
    assert adopt(DEV, "--state", STATE, "--aws", GROUPS, RULES, "--json") == 0
    assert json.loads(capsys.readouterr().out)["import_file"] == written


def test_a_file_that_cannot_be_written_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "nowhere" / "adopt.json")
    assert adopt(DEV, "--state", STATE, "--aws", GROUPS, RULES, "--out", out) == 2
    assert f"Cannot write {out}" in capsys.readouterr().err


def test_nothing_to_do_writes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "adopt.json"
    rules = {"SecurityGroupRules": json.loads(Path(RULES).read_text())["SecurityGroupRules"][:0]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    empty = tmp_path / "state.json"
    empty.write_text('{"version": 3, "deployment": null}')
    default = json.loads(Path(GROUPS).read_text())["SecurityGroups"][:1]
    (tmp_path / "groups.json").write_text(json.dumps({"SecurityGroups": default}))
    given = [str(tmp_path / "groups.json"), str(tmp_path / "rules.json")]
    assert adopt(DEV, "--state", str(empty), "--aws", *given, "--out", str(out)) == 0
    assert not out.exists()
    assert "15 to be created by the next update" in capsys.readouterr().out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_what_powershell_writes_is_read(
    encoding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = tmp_path / "groups.json"
    groups.write_bytes(Path(GROUPS).read_text().encode(encoding))
    assert adopt(DEV, "--state", STATE, "--aws", str(groups), RULES) == 0
    assert "1 to import" in capsys.readouterr().out


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_no_secret_of_an_export_is_shown_or_written(
    as_json: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state: Json = json.loads(Path(STATE).read_text())
    state["deployment"]["secrets_providers"] = {"state": {"salt": SECRET}}
    state["deployment"]["manifest"] = {"magic": SECRET}
    for each in state["deployment"]["resources"]:
        each |= {"inputs": {"secretKey": SECRET}, "outputs": {"description": SECRET}}
    path, out = tmp_path / "state.json", tmp_path / "adopt.json"
    path.write_text(json.dumps(state))
    given = ("--state", str(path), "--aws", GROUPS, RULES, "--out", str(out))
    assert adopt(DEV, *given, *as_json) == 0
    reported = capsys.readouterr()
    assert SECRET not in reported.out + reported.err + out.read_text()


def test_no_secret_of_a_broken_export_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = [{"urn": SECRET, "custom": SECRET, "id": {"a": SECRET}, "provider": SECRET}]
    state = state_with(tmp_path, resources=broken)
    assert adopt(DEV, "--state", state, "--aws", GROUPS, RULES) == 2
    reported = capsys.readouterr()
    assert "deployment.resources[0].urn" in reported.err
    assert SECRET not in reported.out + reported.err


WRONG: Final[dict[str, tuple[object, str]]] = {
    "a list": ([], "it is a list, as the Azure CLI prints them"),
    "nothing": ({}, "it is empty"),
    "text": ("groups", "it is empty"),
    "another command": ({"Vpcs": []}, "it is the output of another command (Vpcs)"),
    "no list in it": ({"SecurityGroupRules": {}}, "it is not a list"),
    "AWS's own lists": (
        {"PrefixLists": [{"PrefixListId": "pl-1", "PrefixListName": "com.amazonaws.s3"}]},
        "AddressFamily is missing",
    ),
    "no source": (
        {
            "SecurityGroupRules": [
                {"SecurityGroupRuleId": "r", "GroupId": "g", "IsEgress": True, "IpProtocol": "-1"}
            ]
        },
        "r has 0 sources or destinations",
    ),
    "no range": (
        {
            "SecurityGroupRules": [
                {
                    "SecurityGroupRuleId": "r",
                    "GroupId": "g",
                    "IsEgress": True,
                    "IpProtocol": "-1",
                    "CidrIpv4": "10.0.0.0/99",
                }
            ]
        },
        "SecurityGroupRules[0].CidrIpv4",
    ),
    "entries of no list": ({"Entries": []}, "the prefix list of these entries is missing"),
    "too deep": (None, "lists are nested too deep"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_in_an_output_is_reported_with_its_place(
    wrong: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, summary = WRONG[wrong]
    path = tmp_path / "given.json"
    path.write_text("[" * 100_000 if data is None else json.dumps(data))
    assert adopt(DEV, "--state", STATE, "--aws", GROUPS, RULES, str(path)) == 2
    reported = capsys.readouterr()
    assert (reported.out, summary in reported.err) == ("", True), reported.err
    assert str(path) in reported.err


AZURE_WRONG: Final[dict[str, tuple[object, str]]] = {
    "another command": ([{"type": "Microsoft.Network/virtualNetworks"}], "it lists Microsoft."),
    "no type": ([{"id": "x"}], "it lists what has no type"),
    "an object": ({"name": "x"}, "it is the output of another command (name), not a list"),
    "a page": ({"value": [], "nextLink": "https://x"}, "it ends with a nextLink"),
    "no id": (
        [{"type": "Microsoft.Network/networkSecurityGroups", "name": "x", "location": "y"}],
        "id is missing",
    ),
    "no resource group": (
        [
            {
                "type": "Microsoft.Network/networkSecurityGroups",
                "id": "/subscriptions/x",
                "name": "x",
                "location": "y",
            }
        ],
        "it is not the id of a resource in a resource group",
    ),
}


@pytest.mark.parametrize("data, summary", AZURE_WRONG.values(), ids=AZURE_WRONG)
def test_what_is_wrong_in_an_output_of_azure_is_reported_with_its_place(
    data: object, summary: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "given.json"
    path.write_text(json.dumps(data))
    stack = str(ROOT / "stacks" / "Pulumi.prod-azure.yaml")
    state = str(FOLDER / "azure" / "state.json")
    assert adopt(stack, "--state", state, "--azure", str(path)) == 2
    reported = capsys.readouterr()
    assert (reported.out, summary in reported.err) == ("", True), reported.err


def test_the_same_group_printed_twice_and_changed_between_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert adopt(DEV, "--state", STATE, "--aws", GROUPS, RULES, GROUPS) == 0
    groups = json.loads(Path(GROUPS).read_text())
    groups["SecurityGroups"][1]["Tags"] = []
    (tmp_path / "groups.json").write_text(json.dumps(groups))
    given = (GROUPS, RULES, str(tmp_path / "groups.json"))
    assert adopt(DEV, "--state", STATE, "--aws", *given) == 2
    assert "differs from an earlier output" in capsys.readouterr().err


def test_of_a_cloud_of_which_nothing_is_given_nothing_is_reported_to_be_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack = str(ROOT / "stacks" / "Pulumi.prod-azure.yaml")
    state = str(FOLDER / "azure" / "state.json")
    assert adopt(stack, "--state", state, "--aws", GROUPS, RULES) == 0
    assert "not compared, because no output of its cloud is given" in capsys.readouterr().out
    assert adopt(stack, "--state", state) == 2
    assert "Cannot read the existing resources." in capsys.readouterr().err


def test_on_azure_servers_are_attached_before_the_update_that_takes_foreign_rules_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def commands(state: Path, asgs: Path) -> list[str]:
        stack = str(ROOT / "stacks" / "Pulumi.prod-azure.yaml")
        given = (str(AZURE / "foreign.json"), str(asgs))
        assert adopt(stack, "--json", "--state", str(state), "--azure", *given) == 1
        steps = json.loads(capsys.readouterr().out)["steps"]
        return [each["command"] or each["why"] for each in steps]

    def at(several: list[str], begin: str) -> int:
        (index,) = (index for index, each in enumerate(several) if each.startswith(begin))
        return index

    attach = "attach its application security groups to every server of corp"
    known = commands(AZURE / "state.json", AZURE / "asgs.json")
    assert not [each for each in known if "--target" in each]
    assert at(known, "pulumi preview") < at(known, attach) < at(known, "pulumi up")
    assert at(known, "pulumi up") < at(known, "az network nsg rule delete")

    # A group that no server can be in yet is made first, alone.
    asgs = json.loads((AZURE / "asgs.json").read_text())
    gone = asgs.pop()["name"]
    state = json.loads((AZURE / "state.json").read_text())
    resources = state["deployment"]["resources"]
    resources[:] = [each for each in resources if not each["urn"].endswith(f"::{gone}")]
    (tmp_path / "asgs.json").write_text(json.dumps(asgs))
    (tmp_path / "state.json").write_text(json.dumps(state))
    lacking = commands(tmp_path / "state.json", tmp_path / "asgs.json")
    (target,) = (each for each in lacking if each.startswith("pulumi up --target "))
    assert gone in target
    assert lacking.index(target) < at(lacking, attach) < lacking.index("pulumi up")


def test_another_region_than_the_stack_s_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = Path(GROUPS).read_text().replace("eu-west-1", "eu-west-2")
    (tmp_path / "groups.json").write_text(groups)
    assert adopt(DEV, "--state", STATE, "--aws", str(tmp_path / "groups.json"), RULES) == 2
    reported = capsys.readouterr().err
    assert "it is in eu-west-2, and the stack's aws:region is eu-west-1" in reported


def test_no_sdk_is_loaded() -> None:
    program = (
        "import sys; from exchange_ports.cli import main; "
        f"code = main(['adopt', {DEV!r}, '--state', {STATE!r}, '--aws', {GROUPS!r}, {RULES!r}]); "
        "assert not {'pulumi', 'pulumi_aws', 'boto3'} & set(sys.modules); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


# ---- what is said of what others made ----

BY_HAND: Final = FOLDER / "by-hand"
MADE: Final = (
    *("--match", "exchange-lab-exchange=sg-0a000000000000000"),
    *("--match", "exchange-lab-client-access.lab=sg-0b000000000000000"),
)


def by_hand(folder: Path, groups: Json, rules: Json) -> tuple[str, ...]:
    """The arguments for groups made by hand, as edited."""
    for name, data in (("groups.json", groups), ("rules.json", rules)):
        (folder / name).write_text(json.dumps(data))
    state = str(BY_HAND / "state.json")
    printed = (str(folder / "groups.json"), str(folder / "rules.json"))
    return (DEV, "--state", state, "--aws", *printed, *MADE)


def made_by_hand() -> tuple[Json, Json]:
    groups, rules = (
        json.loads((BY_HAND / f"{each}.json").read_text()) for each in ("groups", "rules")
    )
    for group in groups["SecurityGroups"]:
        group["OwnerId"] = "111111111111"
    return groups, rules


@pytest.mark.parametrize(
    "rule, reported",
    [
        (
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIpv4": "10.0.0.0/8"},
            "in icmp type 8 from 10.0.0.0/8",
        ),
        (
            {"IpProtocol": "icmp", "FromPort": 3, "ToPort": 4, "CidrIpv4": "10.0.0.0/8"},
            "in icmp type 3 code 4 from 10.0.0.0/8",
        ),
        (
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIpv4": "10.0.0.0/8"},
            "in icmp from 10.0.0.0/8",
        ),
        (
            {"IpProtocol": "58", "FromPort": 128, "ToPort": 0, "CidrIpv6": "2001:db8::/32"},
            "in icmpv6 type 128 code 0 from 2001:db8::/32",
        ),
        ({"IpProtocol": "47", "CidrIpv4": "10.0.0.0/8"}, "in GRE (protocol 47) from 10.0.0.0/8"),
        ({"IpProtocol": "89", "CidrIpv4": "10.0.0.0/8"}, "in 89 from 10.0.0.0/8"),
        (
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 23, "CidrIpv4": "10.0.0.0/8"},
            "in 22-23/tcp from 10.0.0.0/8",
        ),
        (
            {
                "IpProtocol": "-1",
                "ReferencedGroupInfo": {"GroupId": "sg-0dead", "UserId": "111111111111"},
            },
            "in all protocols from sg-0dead, which is not among the groups (deleted, or of another VPC or region)",
        ),
        (
            {
                "IpProtocol": "-1",
                "ReferencedGroupInfo": {
                    "GroupId": "sg-0far",
                    "UserId": "222222222222",
                    "PeeringStatus": "deleted",
                },
            },
            "in all protocols from sg-0far of account 222222222222, peering deleted",
        ),
        (
            {
                "IpProtocol": "udp",
                "FromPort": 53,
                "ToPort": 53,
                "ReferencedGroupInfo": {"GroupId": "sg-0b000000000000000"},
            },
            "in 53/udp from sg-0b000000000000000",
        ),
    ],
)
def test_a_foreign_rule_is_written_as_people_write_it(
    rule: Json, reported: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups, rules = made_by_hand()
    ours = {"SecurityGroupRuleId": "sgr-9", "GroupId": "sg-0a000000000000000", "IsEgress": False}
    rules["SecurityGroupRules"].append({**ours, **rule})
    assert adopt(*by_hand(tmp_path, groups, rules), "--json") == 1
    (network,) = json.loads(capsys.readouterr().out)["networks"].values()
    assert {each["id"]: each["summary"] for each in network["unwanted_rules"]}["sgr-9"] == reported


def test_servers_are_attached_before_the_first_rule_is_revoked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert adopt(*by_hand(tmp_path, *made_by_hand()), "--json") == 1
    steps = json.loads(capsys.readouterr().out)["steps"]
    order = [each["command"].partition(" --")[0] or each["why"].partition(" ")[0] for each in steps]
    revoked = [at for at, each in enumerate(order) if "revoke" in each]
    assert order.index("pulumi up") < order.index("attach") < min(revoked)


def test_a_group_of_cloudformation_is_named_before_it_is_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    groups, rules = made_by_hand()
    (group,) = (
        each for each in groups["SecurityGroups"] if each["GroupId"] == "sg-0a000000000000000"
    )
    stack = "arn:aws:cloudformation:eu-west-1:111111111111:stack/mail/1"
    group["Tags"] = [{"Key": "aws:cloudformation:stack-id", "Value": stack}]
    assert adopt(*by_hand(tmp_path, groups, rules)) == 1
    reported = capsys.readouterr().out
    assert "Also managed by CloudFormation\n  security group exchange-lab-exchange" in reported
    assert f"CloudFormation created it in the stack {stack}" in reported


@pytest.mark.parametrize(
    "change, short, numbers",
    [
        (-1, "describe-security-group-rules", (4, 5)),
        (1, "describe-security-groups", (5, 6)),
    ],
)
def test_the_output_with_fewer_rules_is_the_one_that_is_not_whole(
    change: int,
    short: str,
    numbers: tuple[int, int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    groups, rules = made_by_hand()
    for group in groups["SecurityGroups"]:
        if group["GroupId"] == "sg-0a000000000000000":
            counted: Json = {"IpPermissions": [{"IpRanges": [{}] * 5}], "IpPermissionsEgress": []}
            group.update(counted)
    first = rules["SecurityGroupRules"][3]
    if change > 0:
        rules["SecurityGroupRules"].append(
            {**first, "SecurityGroupRuleId": "sgr-9", "ToPort": 4000}
        )
    else:
        rules["SecurityGroupRules"].remove(first)
    assert adopt(*by_hand(tmp_path, groups, rules)) == 2
    reported = capsys.readouterr().err
    fewer, more = numbers
    assert f"error[incomplete-output] The output of `aws ec2 {short}` is incomplete" in reported
    assert f"has {fewer} rules there, and {more} in" in reported


# ---- inputs without end, and ids that mean harm ----


def sparse(folder: Path) -> str:
    """A file of 3 GB that takes no room on the disk."""
    file = folder / "sparse.json"
    with file.open("wb") as opened:
        opened.truncate(3 * 1024**3)
    return str(file)


@pytest.mark.parametrize("file", ["/dev/zero", "sparse"])
@pytest.mark.parametrize(
    "command",
    [
        ("plan", "FILE"),
        ("prove", "FILE"),
        ("diff", DEV, "FILE"),
        ("adopt", "FILE", "--state", STATE, "--aws", GROUPS),
        ("adopt", DEV, "--state", "FILE", "--aws", GROUPS, RULES),
        ("adopt", DEV, "--state", STATE, "--aws", GROUPS, "FILE"),
    ],
    ids=" ".join,
)
def test_a_file_without_end_is_refused_in_little_memory(
    tmp_path: Path, file: str, command: tuple[str, ...]
) -> None:
    given = sparse(tmp_path) if file == "sparse" else file
    code = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (700_000_000, 700_000_000))\n"
        "from exchange_ports.cli import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *(given if word == "FILE" else word for word in command)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "bytes; the limit is" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_the_greatest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "rules.json"
    file.write_bytes(b"x" * 100)
    assert read_at_most(str(file), 100) == (b"x" * 100, 100)
    assert read_at_most(str(file), 99) == (None, 100)


@pytest.mark.parametrize("harm", ["; touch X", "$(touch X)", "`touch X`", "' ; touch X '", "\n# x"])
def test_ids_of_an_export_are_words_in_the_commands_to_paste(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], harm: str
) -> None:
    """What a shell reads of each command is a list of words, and the id is one of them."""
    rules: Json = json.loads(Path(RULES).read_text())
    evil = f"sgr-0099{harm}"
    foreign = {"SecurityGroupRuleId": evil, "FromPort": 3390, "ToPort": 3390}
    rules["SecurityGroupRules"].append({**rules["SecurityGroupRules"][0], **foreign})
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(rules))
    adopt(DEV, "--state", STATE, "--aws", GROUPS, str(file), "--json")
    steps: list[Json] = json.loads(capsys.readouterr().out)["steps"]
    commands = [each["command"] for each in steps if "revoke" in each["command"]]
    assert commands
    assert any(shlex.split(command)[-1] == evil for command in commands)
    for command in commands:
        assert shlex.split(command)[:2] == ["aws", "ec2"]
        assert len(shlex.split(command)) == 7

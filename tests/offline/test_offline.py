"""A program run offline is recorded whole, and leaves nothing behind."""

import asyncio
import contextvars
import gc
import json
import logging
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import pulumi
import pulumi_aws as aws
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.settings import get_monitor, get_root_resource, set_root_resource
from pulumi.runtime.stack import Stack

from exchange_ports import offline, protocol
from exchange_ports.offline import (
    DuplicateUrn,
    Logged,
    ProgramFailed,
    Recording,
    record,
    runner,
)
from tests.support.paths import PATIENCE, PROGRAMS
from tests.support.resource_types import GROUP, INGRESS

STACK: Final = "urn:pulumi:dev::sample::pulumi:pulumi:Stack::sample-dev"
CONFIG: Final = {
    "sample:vpc": "vpc-1",
    "sample:clients": '["10.64.0.0/12", "10.80.0.0/12"]',
    "sample:owner": "exchange team",
}


def recorded(
    program: str | Path | Callable[[], object], config: dict[str, str] | None = None
) -> Recording:
    where = PROGRAMS / program if isinstance(program, str) else program
    return record(where, project="sample", stack="dev", config=CONFIG if config is None else config)


def failed(program: str | Path | Callable[[], object]) -> ProgramFailed:
    with pytest.raises(ProgramFailed) as caught:
        recorded(program)
    return caught.value


def program_in(directory: Path, text: str, **beside: str) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "__main__.py").write_text(textwrap.dedent(text))
    for name, content in beside.items():
        (directory / f"{name}.py").write_text(textwrap.dedent(content))
    return directory


# ---- what is recorded ----


def test_every_registration_is_recorded_with_its_full_inputs() -> None:
    recording = recorded("aws")
    assert {one.name: dict(one.inputs) for one in recording.registrations} == {
        "mail": {
            "vpcId": "vpc-1",
            "description": "Mailbox servers",
            "tags": {"Name": "mail", "owner": "exchange team"},
        },
        "branches": {
            "addressFamily": "IPv4",
            "maxEntries": 2,
            "entries": [
                {"cidr": "10.64.0.0/12", "description": "branch 0"},
                {"cidr": "10.80.0.0/12", "description": "branch 1"},
            ],
        },
        "mail-in-smtp": {
            "securityGroupId": "mail.id",
            "ipProtocol": "tcp",
            "fromPort": 25,
            "toPort": 25,
            "prefixListId": "branches.id",
        },
        "mail-in-fabric": {
            "securityGroupId": "mail.id",
            "ipProtocol": "-1",
            "referencedSecurityGroupId": "mail.id",
        },
        "mail-out-dns": {
            "securityGroupId": "mail.id",
            "ipProtocol": "udp",
            "fromPort": 53,
            "toPort": 53,
            "cidrIpv4": "10.20.2.10/32",
        },
        "mail-out-fabric": {
            "securityGroupId": "mail.id",
            "ipProtocol": "-1",
            "referencedSecurityGroupId": "mail.id",
        },
    }


def test_a_whole_number_is_recorded_as_one() -> None:
    (smtp,) = (one for one in recorded("aws").registrations if one.name == "mail-in-smtp")
    assert type(smtp.inputs["fromPort"]) is int


def test_options_and_dependencies_are_recorded() -> None:
    recording = recorded("aws")
    group = recording.of_type(GROUP)[0]
    (smtp,) = (one for one in recording.registrations if one.name == "mail-in-smtp")
    assert smtp.property_dependencies["securityGroupId"] == (group.urn,)
    assert group.urn in smtp.dependencies
    assert smtp.delete_before_replace is False
    assert group.delete_before_replace is None
    assert smtp.ignore_changes == ("description",)
    assert (smtp.provider, smtp.protect, smtp.read, smtp.version) == ("", None, False, "7.51.1")


def test_a_secret_is_unwrapped_and_marked() -> None:
    recording = recorded("aws")
    group = recording.of_type(GROUP)[0]
    assert group.secrets == ("tags.owner",)
    assert (recording.outputs["owner"], recording.secret_outputs) == ("exchange team", ("owner",))


def test_stack_outputs_are_recorded_as_plain_data() -> None:
    recording = recorded("aws")
    assert recording.outputs["groups"] == {"ex1": ["mail.id"]}
    assert recording.outputs["arn"] == f"arn:offline:{GROUP}/mail"


def test_inline_rules_and_enums_arrive_as_the_provider_would_see_them() -> None:
    recording = recorded("azure")
    (nsg,) = recording.of_type("azure-native:network:NetworkSecurityGroup")
    assert nsg.inputs["securityRules"] == [
        {
            "name": "in-1000-smtp",
            "priority": 1000,
            "access": "Allow",
            "direction": "Inbound",
            "protocol": "Tcp",
            "sourceAddressPrefixes": ["10.64.0.0/12", "10.80.0.0/12"],
            "sourcePortRange": "*",
            "destinationApplicationSecurityGroups": [{"id": "mailbox.id"}],
            "destinationPortRanges": ["25", "587"],
        },
        {
            "name": "in-4000-deny",
            "priority": 4000,
            "access": "Deny",
            "direction": "Inbound",
            "protocol": "*",
            "sourceAddressPrefix": "*",
            "sourcePortRange": "*",
            "destinationAddressPrefix": "*",
            "destinationPortRange": "*",
        },
    ]
    assert recording.outputs == {"nsg": "internal.id", "name": "contoso-internal"}
    assert {"type": "azure-native:network/v20240501:NetworkSecurityGroup"} in nsg.aliases


def test_urns_are_those_an_engine_would_give() -> None:
    above = "urn:pulumi:dev::sample::sample:index:Firewall"
    urns = [one.urn for one in recorded("component").registrations]
    assert sorted(urns) == [
        "urn:pulumi:dev::sample::pulumi:providers:aws::west",
        f"{above}$sample:index:Network${GROUP}::mail-corp-exchange",
        f"{above}$sample:index:Network${INGRESS}::mail-corp-exchange-in",
        f"{above}$sample:index:Network::mail-corp",
        f"{above}::mail",
    ]


def test_components_children_and_providers_are_recorded() -> None:
    recording = recorded("component")
    provider, firewall = recording.children(recording.stack_urn)
    (network,) = recording.children(firewall.urn)
    group, rule = recording.children(network.urn)
    assert recording.stack_urn == STACK
    assert [one.custom for one in (provider, firewall, network, group)] == [
        True,
        False,
        False,
        True,
    ]
    assert (firewall.id, firewall.inputs) == ("", {"networks": ["corp"]})
    assert firewall.outputs == {"groups": {"corp": "mail-corp-exchange.id"}}
    assert network.outputs == {"groupId": "mail-corp-exchange.id"}
    assert group.provider == provider.urn
    assert group.aliases == ({"name": "exchange"},)
    assert recording.by_urn(rule.urn) is rule
    with pytest.raises(KeyError):
        recording.by_urn("urn:nothing")


def test_what_is_looked_at_is_recorded_as_read() -> None:
    def program() -> None:
        vpc = aws.ec2.Vpc.get("shared", "vpc-9")
        pulumi.export("vpc", vpc.id)
        pulumi.export("range", vpc.cidr_block)

    recording = recorded(program)
    (vpc,) = recording.registrations
    assert (vpc.id, vpc.read, vpc.custom) == ("vpc-9", True, True)
    # Only a cloud can tell, and the recording says so instead of inventing an answer.
    assert recording.outputs == {"vpc": "vpc-9", "range": offline.UNKNOWN}


def test_messages_are_recorded_and_not_printed(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def program() -> None:
        pulumi.log.debug("hidden")
        pulumi.log.info("said")
        pulumi.log.error("wrong")
        print("the program's own words")

    with caplog.at_level(logging.DEBUG):
        recording = recorded(program)
    assert recording.logs == (Logged("info", "said", None), Logged("error", "wrong", None))
    assert tuple(capfd.readouterr()) == ("the program's own words\n", "")
    assert [one for one in caplog.records if one.name != "asyncio"] == []


def test_a_message_about_a_resource_names_it() -> None:
    recording = recorded("component")
    urn = "urn:pulumi:dev::sample::sample:index:Firewall::mail"
    assert recording.logs == (Logged("warning", "port 25 is blocked by the cloud", urn),)


def test_a_message_in_the_last_moment_is_heard() -> None:
    def program() -> None:
        group = aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="mail")

        def refuse(_: str) -> None:
            pulumi.log.warn("the last word", resource=group)
            raise pulumi.RunError("refused")

        group.id.apply(refuse)

    assert [one.message for one in failed(program).logs] == ["the last word"]


def test_configuration_arrives_as_from_an_engine() -> None:
    seen: dict[str, object] = {}

    def program() -> None:
        config = pulumi.Config("sample")
        seen["topology"] = config.require_object("topology")
        seen["missing"] = config.get("missing")
        seen["secret"] = [
            pulumi.runtime.is_config_secret(f"sample:{key}") for key in ("topology", "vpc")
        ]
        seen["names"] = (
            pulumi.get_project(),
            pulumi.get_stack(),
            pulumi.get_organization(),
            pulumi.runtime.is_dry_run(),
        )

    topology = {"sites": {"hq": {"ports": [25, 587]}}, "proxied": False}
    record(
        program,
        project="sample",
        stack="prod",
        config={"sample:topology": json.dumps(topology), "sample:vpc": "vpc-1"},
        secret_keys=["sample:topology"],
        organization="contoso",
    )
    assert seen == {
        "topology": topology,
        "missing": None,
        "secret": [True, False],
        "names": ("sample", "prod", "contoso", True),
    }


def test_the_same_program_gives_the_same_recording() -> None:
    assert recorded("component") == recorded("component")


def test_a_resource_exported_whole_is_plain_data() -> None:
    def program() -> None:
        group = aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="mail")
        pulumi.export("mail", group)

    (mail,) = recorded(program).outputs.values()
    assert isinstance(mail, dict)
    shown = cast("dict[str, object]", mail)
    assert (shown["id"], shown["vpc_id"], shown["name"]) == ("mail.id", "vpc-1", "mail")
    assert not [key for key in shown if key.startswith("@")]


def test_all_of_it_happens_on_the_callers_thread() -> None:
    async def program() -> dict[str, object]:
        loop = asyncio.get_running_loop()
        return {"thread": await loop.run_in_executor(None, threading.get_ident)}

    # With a pool of threads, which of two registrations comes first would be a matter of luck.
    outputs = recorded(lambda: pulumi.run(program)).outputs
    assert outputs == {"thread": threading.get_ident()}


@pytest.mark.slow
def test_the_order_is_the_programs_own() -> None:
    def program() -> None:
        for at in range(40):
            aws.ec2.SecurityGroup(f"group-{at}", vpc_id="vpc-1", description="one of many")

    names = [one.name for one in recorded(program).registrations]
    assert names == [f"group-{at}" for at in range(40)]


def test_resources_made_inside_an_apply_are_recorded() -> None:
    def program() -> None:
        first = aws.ec2.SecurityGroup("first", vpc_id="vpc-1", description="first")

        def second(name: str) -> None:
            aws.ec2.SecurityGroup("second", vpc_id="vpc-1", description=f"after {name}")

        first.id.apply(second)

    recording = recorded(program)
    assert [one.inputs["description"] for one in recording.registrations] == [
        "first",
        "after first.id",
    ]


def test_an_asynchronous_program_is_run_to_its_end() -> None:
    async def later() -> dict[str, object]:
        await asyncio.sleep(0)
        group = aws.ec2.SecurityGroup("late", vpc_id="vpc-1", description="late")
        return {"group": group.id}

    assert recorded(lambda: pulumi.run(later)).outputs == {"group": "late.id"}


# ---- what stops a program ----


def test_a_run_error_shows_its_message_alone() -> None:
    failure = failed("refused")
    assert (
        failure.text
        == str(failure)
        == ("error[edge-shares-role] edge1 is an Edge server and a Mailbox server")
    )
    assert failure.logs == (Logged("warning", "the topology is in doubt", None),)
    assert [one.name for one in failure.registrations] == ["mail"]
    assert isinstance(failure.__cause__, pulumi.RunError)


def test_any_other_exception_shows_the_programs_own_frames() -> None:
    failure = failed("broken")
    lines = failure.text.splitlines()
    file = PROGRAMS / "broken" / "__main__.py"
    assert lines[0] == "Program failed with an unhandled exception:"
    assert lines[2] == f'  File "{file}", line 9, in <module>'
    assert lines[-1] == "ValueError: invalid literal for int() with base 10: 'smtp'"
    assert "exchange_ports" not in failure.text
    assert isinstance(failure.__cause__, ValueError)


def test_an_exception_inside_an_apply_stops_the_program() -> None:
    def program() -> None:
        group = aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="mail")

        def refuse(_: str) -> None:
            raise pulumi.RunError("the address is another")

        group.id.apply(refuse)

    assert failed(program).text == "the address is another"


def test_a_failure_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def program() -> None:
        group = aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="mail")

        def refuse(_: str) -> str:
            raise pulumi.RunError("the address is another")

        address = group.id.apply(refuse)
        aws.ec2.SecurityGroup("second", vpc_id=address, description="second")
        pulumi.export("third", address.apply(lambda text: text + "!"))

    assert failed(program).text == "the address is another"
    gc.collect()
    # What no one asked for any more is no second error.
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_a_program_may_leave_with_success_and_not_without() -> None:
    assert recorded(lambda: sys.exit(0)).registrations == ()
    assert failed(lambda: sys.exit(3)).text == "Program exited with non-zero exit code: 3"


def test_two_resources_with_one_urn_are_refused(tmp_path: Path) -> None:
    program = program_in(
        tmp_path,
        """\
        import pulumi_aws as aws
        aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="one")
        aws.ec2.SecurityGroup("mail", vpc_id="vpc-1", description="two")
        """,
    )
    with pytest.raises(DuplicateUrn) as caught:
        recorded(program)
    assert caught.value.text == (
        f"Cannot register {GROUP} 'mail' twice: both have the URN "
        f"urn:pulumi:dev::sample::{GROUP}::mail\n"
        f"  first:  {tmp_path}/__main__.py:2\n"
        f"  second: {tmp_path}/__main__.py:3\n"
        "  fix: give one of them another name, or another parent"
    )
    one, two = caught.value.first, caught.value.second
    assert (one.inputs["description"], two.inputs["description"]) == ("one", "two")


def test_one_name_below_two_types_of_parents_is_no_duplicate() -> None:
    def program() -> None:
        for kind in ("sample:index:A", "sample:index:B"):
            above = pulumi.ComponentResource(kind, "above")
            aws.ec2.SecurityGroup(
                "mail",
                vpc_id="vpc-1",
                description=kind,
                opts=pulumi.ResourceOptions(parent=above),
            )

    assert len(recorded(program).of_type(GROUP)) == 2


def test_a_look_up_is_refused_unless_the_answer_is_given() -> None:
    def program() -> None:
        pulumi.export("vpc", aws.ec2.get_vpc_output(default=True).id)

    assert failed(program).text == (
        "Cannot look up aws:ec2/getVpc:getVpc offline: there is no engine and no cloud to ask"
    )
    answers = {"aws:ec2/getVpc:getVpc": {"id": "vpc-7"}}
    recording = record(program, project="sample", stack="dev", config={}, answers=answers)
    assert recording.outputs == {"vpc": "vpc-7"}


def _transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult:
    return pulumi.ResourceTransformResult(args.props, args.opts)


@pytest.mark.parametrize(
    "program, what",
    [
        pytest.param(
            lambda: pulumi.runtime.register_resource_transform(_transform),
            "register stack transforms",
            id="a transform",
        ),
        pytest.param(
            lambda: pulumi.StackReference("contoso/network/prod"),
            "read the outputs of the stack 'contoso/network/prod'",
            id="another stack",
        ),
        pytest.param(
            lambda: pulumi.ComponentResource("other:index:Thing", "far", remote=True),
            "build the remote component other:index:Thing 'far'",
            id="a component of another process",
        ),
    ],
)
def test_what_needs_an_engine_is_refused(program: Callable[[], object], what: str) -> None:
    assert failed(program).text == f"Cannot {what} offline: there is no engine and no cloud to ask"


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no program at .*__main__\.py"):
        recorded(tmp_path)


def test_a_running_event_loop_is_refused() -> None:
    async def inside() -> None:
        recorded("aws")

    with pytest.raises(RuntimeError, match="outside of any other"):
        asyncio.run(inside())


# ---- what stays behind: nothing ----


def test_nothing_of_a_run_stays_behind(tmp_path: Path) -> None:
    program = program_in(
        tmp_path,
        """\
        import os, sys
        import only_here
        import pulumi
        os.environ["LEFT_BEHIND"] = "yes"
        os.chdir("/")
        sys.path.append("/nowhere")
        sys.argv.append("more")
        pulumi.export("value", only_here.VALUE)
        """,
        only_here="VALUE = 1",
    )

    def state() -> tuple[object, ...]:
        return (
            os.getcwd(),
            list(sys.path),
            list(sys.argv),
            dict(os.environ),
            set(sys.modules),
            get_root_resource(),
            cast("object", get_monitor()),
            pulumi.Config("sample").get("vpc"),
            pulumi.get_project(),
        )

    before = state()
    assert recorded(program).outputs == {"value": 1}
    assert state() == before


def test_nothing_of_a_failed_run_stays_behind() -> None:
    before = (os.getcwd(), list(sys.path), get_root_resource(), get_monitor())
    failed("refused")
    failed("broken")
    assert (os.getcwd(), list(sys.path), get_root_resource(), get_monitor()) == before


def test_another_thread_does_not_meet_our_engine() -> None:
    recorded("aws")
    met: list[object] = []
    thread = threading.Thread(target=lambda: met.append(get_monitor()))
    thread.start()
    thread.join()
    assert met == [None]


def test_one_run_does_not_see_the_configuration_of_another() -> None:
    seen: list[str | None] = []

    def program() -> None:
        seen.append(pulumi.Config("sample").get("vpc"))

    recorded(program, {"sample:vpc": "vpc-1"})
    recorded(program, {})
    assert seen == ["vpc-1", None]


def test_the_environment_does_not_answer_for_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"sample:vpc": "from the shell"}')
    monkeypatch.setenv("PULUMI_CONFIG_SAMPLE_VPC", "from the shell")
    seen: list[str | None] = []
    recorded(lambda: seen.append(pulumi.Config("sample").get("vpc")), {})
    assert seen == [None]
    assert os.environ["PULUMI_CONFIG_SAMPLE_VPC"] == "from the shell"


def test_a_caller_that_uses_pulumi_itself_is_not_disturbed() -> None:
    def caller() -> None:
        root = Stack.__new__(Stack)
        set_root_resource(root)
        assert len(recorded("aws").registrations) == 6
        assert get_root_resource() is root

    contextvars.copy_context().run(caller)


def test_two_programs_may_each_have_a_module_of_one_name(tmp_path: Path) -> None:
    text = """\
        import pulumi
        import ports_of_ours
        pulumi.export("port", ports_of_ours.PORT)
        """
    first = program_in(tmp_path / "first", text, ports_of_ours="PORT = 25")
    second = program_in(tmp_path / "second", text, ports_of_ours="PORT = 587")
    found = [recorded(program).outputs for program in (first, second, first)]
    assert found == [{"port": 25}, {"port": 587}, {"port": 25}]


def test_a_module_from_elsewhere_does_not_hide_the_programs_own(tmp_path: Path) -> None:
    elsewhere = type(sys)("ports_of_ours")
    program = program_in(
        tmp_path,
        "import pulumi, ports_of_ours; pulumi.export('port', ports_of_ours.PORT)",
        ports_of_ours="PORT = 25",
    )
    sys.modules["ports_of_ours"] = elsewhere
    try:
        assert recorded(program).outputs == {"port": 25}
        assert sys.modules["ports_of_ours"] is elsewhere
    finally:
        del sys.modules["ports_of_ours"]


def test_a_module_written_since_the_last_run_is_found(tmp_path: Path) -> None:
    program = program_in(tmp_path, "import first", first="")
    recorded(program)
    written = tmp_path.stat().st_mtime_ns
    program_in(tmp_path, "import second", second="")
    # Python looks into a directory anew when its time has changed, and clocks are coarse.
    os.utime(tmp_path, ns=(written, written))
    recorded(program)


def test_the_programs_virtual_environment_is_not_the_programs(tmp_path: Path) -> None:
    packages = tmp_path / ".venv" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "installed.py").write_text("")
    program = program_in(
        tmp_path, f"import sys; sys.path.append({str(packages)!r}); import installed"
    )
    recorded(program)
    assert sys.modules.pop("installed").__name__ == "installed"


def test_a_package_in_use_keeps_the_parts_that_a_program_loads(tmp_path: Path) -> None:
    package = tmp_path / "in_use"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("class Kept: pass")
    program_in(tmp_path, "import in_use.part")
    sys.path.insert(0, str(tmp_path))
    try:
        import in_use  # pyright: ignore[reportMissingImports, reportUnusedImport] # noqa: F401

        recorded(tmp_path)
        part = sys.modules["in_use.part"]
        recorded(tmp_path)
        assert sys.modules["in_use.part"] is part
    finally:
        sys.path.remove(str(tmp_path))
        for name in ("in_use", "in_use.part"):
            sys.modules.pop(name, None)


def test_a_program_sees_its_own_directory_as_the_language_host_shows_it(tmp_path: Path) -> None:
    program = program_in(
        tmp_path,
        """\
        import os, sys, pulumi
        pulumi.export("seen", [os.getcwd(), sys.path[0], sys.argv, __name__, __file__])
        """,
    )
    here, file = str(tmp_path), str(tmp_path / "__main__.py")
    assert recorded(program).outputs["seen"] == [here, here, [file], "__main__", file]
    assert recorded(tmp_path / "__main__.py").outputs["seen"] == [
        here,
        here,
        [file],
        "__main__",
        file,
    ]


# ---- a program that never ends ----

NEVER_ENDS: Final = (
    "The program never ends: it waits for an output, a future or a task that nothing will complete"
)


def never() -> pulumi.Output[object]:
    future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    return pulumi.Output.from_input(future)


def test_an_output_that_nothing_completes_stops_the_recording() -> None:
    stopped = failed(lambda: pulumi.export("never", never()))
    assert stopped.text == NEVER_ENDS


def test_outputs_that_wait_for_one_another_stop_the_recording() -> None:
    def program() -> None:
        others: list[pulumi.Output[object]] = []

        async def other() -> object:
            return await others[0].future()

        others.append(pulumi.Output.from_input(other()))

    assert failed(program).text == NEVER_ENDS


# What is left of such a program is torn down when Python collects it, and the SDK then finds no context.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_refuses_to_be_cancelled_does_not_keep_the_recording() -> None:
    def program() -> None:
        async def stubborn(_: object) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.Event().wait()

        pulumi.Output.from_input(1).apply(stubborn)

    assert failed(program).text == NEVER_ENDS
    # Here, and not in a test to come.
    gc.collect()


def test_an_answer_that_cannot_be_passed_on_stops_the_recording() -> None:
    # asyncio cannot put a StopIteration into a future, and so leaves it as it is.
    def program() -> None:
        async def ask(_: object) -> object:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(None, next, iter(()))

        pulumi.Output.from_input(1).apply(ask)

    assert failed(program).text == NEVER_ENDS


@pytest.mark.parametrize("error", [pulumi.RunError("mine"), SystemExit(3)])
def test_its_own_error_is_told_before_what_it_left_unfinished(error: BaseException) -> None:
    def program() -> None:
        pulumi.export("never", never())
        raise error

    assert failed(program).text in ("mine", "Program exited with non-zero exit code: 3")


def test_a_thread_a_subprocess_and_a_timer_of_the_program_are_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A busy machine may take long to start the subprocess.
    monkeypatch.setattr(runner, "_PATIENCE", PATIENCE)

    def program() -> None:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[str] = loop.create_future()
        threading.Timer(0.05, loop.call_soon_threadsafe, (told.set_result, "told")).start()

        async def asked(_: object) -> int:
            await asyncio.sleep(0.05)
            ended = await asyncio.create_subprocess_exec(
                sys.executable, "-c", "raise SystemExit(4)"
            )
            return await ended.wait()

        pulumi.export("told", pulumi.Output.from_input(told))
        pulumi.export("asked", pulumi.Output.from_input(1).apply(asked))

    assert recorded(program).outputs == {"asked": 4, "told": "told"}


@pytest.mark.parametrize("what", ["thread", "timer"])
def test_patience_with_threads_and_timers_ends(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "_PATIENCE", 0.1)
    enough = threading.Event()

    def program() -> None:
        if what == "thread":
            threading.Thread(target=enough.wait, daemon=True).start()
            pulumi.export("never", never())
        else:
            pulumi.export("late", pulumi.Output.from_input(asyncio.sleep(3600)))

    try:
        assert failed(program).text == NEVER_ENDS
    finally:
        enough.set()


# ---- what it costs to load ----

_FRESH: Final = """
import sys
from exchange_ports.offline import record
import json
config = json.loads(sys.argv[2])
assert not [name for name in sys.modules if name.startswith(("pulumi_aws", "pulumi_azure"))]
assert record(sys.argv[1], project="sample", stack="dev", config=config).registrations
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"pulumi_aws", "pulumi_azure_native"}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("program, sdk", [("aws", "pulumi_aws"), ("azure", "pulumi_azure_native")])
def test_a_program_for_one_cloud_loads_the_sdk_of_that_one_alone(program: str, sdk: str) -> None:
    strict = ["-W", "error", "-W", "ignore::DeprecationWarning"]
    ended = subprocess.run(
        [sys.executable, *strict, "-c", _FRESH, str(PROGRAMS / program), json.dumps(CONFIG)],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROGRAMS.parent.parent,
    )
    assert (ended.stdout, ended.stderr) == (f"['{sdk}']\n", "")


def test_the_marks_of_the_protocol_are_the_sdks() -> None:
    ours = (
        protocol.SIGNATURE,
        protocol.SECRET,
        protocol.REFERENCE,
        protocol.OUTPUT,
        protocol.UNKNOWN,
    )
    assert ours == (
        rpc._special_sig_key,
        rpc._special_secret_sig,
        rpc._special_resource_sig,
        rpc._special_output_value_sig,
        rpc.UNKNOWN,
    )

"""What the README and the pages for beginners show is what happens, and what they link to is there.

A console block is a transcript: each line from `$ ` on is run, and the lines below it are what was
shown. A line `...` stands for lines that were left out; all others stand in the output without a
gap. A `diff` block is applied to a copy of the stacks, for the blocks below it up to the next `diff`
or heading.
"""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest
from jsonschema import Draft202012Validator, ValidationError

from exchange_ports.cli import main
from exchange_ports.offline import record
from exchange_ports.stackfile.stack_file import read_stack_file
from tests.support.paths import DEV, ROOT
from tests.support.repository import Repository
from tests.support.transcripts import Block, apply, as_arguments, blocks, missing, steps

#: The pages for beginners, whose blocks are all tried.
README: Final = "README.md"
START: Final = "docs/start.md"
COMPONENT: Final = "docs/component.md"
HOW_TO: Final = ("docs/adding-a-server.md", "docs/adding-edge.md", "docs/moving-to-azure.md")
#: A page whose edits are made one after the other: each is deployed when the next one is made.
IN_STEPS: Final = "docs/upgrading.md"
SHOWN: Final = (README, START, COMPONENT, "docs/attaching.md", "docs/deploying.md", *HOW_TO)
PAGES: Final = (*SHOWN, IN_STEPS, "CONTRIBUTING.md", "CHANGELOG.md", "docs/index.md")
STACKS: Final = tuple(sorted((ROOT / "stacks").glob("Pulumi.*.yaml")))


# ---- reading a page ----


def written(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def in_language(language: str, *pages: str) -> list[Block]:
    return [
        block for page in pages for block in blocks(written(page)) if block.language == language
    ]


def prose(page: str) -> str:
    """The page without its blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.DOTALL | re.MULTILINE)


# ---- transcripts ----

TRANSCRIPTS: Final = [
    pytest.param(block, id=f"{page}, line {block.at}: {block.lines[0][2:]}")
    for page in SHOWN
    for block in in_language("console", page)
    if block.lines[0] != "$ make test"
]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, and we are in it."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("stacks", "tests/fixtures/diagram"):
        shutil.copytree(ROOT / name, tmp_path / name)
    # What an edit on a page is compared with.
    Repository(tmp_path).commit({})
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_readme_shows_both_commands_and_a_finding() -> None:
    shown = in_language("console", README)
    commands = {step.command for block in shown for step in steps(block.lines)}
    assert {"make preview STACK=dev", "make test"} <= commands
    assert any("error[" in line for block in shown for line in block.lines)
    assert len(TRANSCRIPTS) >= 8


def test_the_readme_takes_three_screens() -> None:
    assert len(written(README).split()) <= 1_000


def test_the_readme_shows_a_whole_stack_file() -> None:
    (block,) = in_language("yaml", README)
    shown = read_stack_file("\n".join(block.lines).encode(), "README.md")
    whole = read_stack_file((ROOT / DEV).read_bytes(), DEV)
    assert shown.config == whole.config
    assert len(block.lines) <= 30


def test_an_organization_of_the_readme_for_azure_edge_and_hybrid_has_no_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the table for other organizations says, written into the file above it."""
    page = written(README)
    rows = page.partition("| for | write |")[2].partition("\n\n")[0]
    named = re.findall(r"`([^`]+)`", rows)

    def cell(start: str) -> str:
        (found,) = {each for each in named if each.startswith(start)}
        return found

    text = (ROOT / DEV).read_text(encoding="utf-8")
    text = re.sub(r"lab: \{vpc_id: .*\}", cell("lab: "), text)
    text = text.replace("platform: aws", f"{cell('platform')}, {cell('perimeter')}")
    text = text.replace("roles: [client_access, mailbox], ", "")
    text = re.sub(r"( +)(organization: .*\n)", rf"\1\2\1{cell('version')}\n", text)
    text = text.replace("through: mailbox", cell("through"))
    text = re.sub(r"\n +inbound: .*", "", text)
    text = re.sub(r"\n    clients:\n.*", f"\n    {cell('clients')}", text)
    text = text.replace(
        "internal: domain_controllers}", f"internal: domain_controllers, {cell('edge: ')}}}"
    )
    text = f"{text.rstrip()}\n    {cell('edge_servers')}\n    {cell('hybrid')}\n"
    file = tmp_path / "Pulumi.other.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["plan", str(file)]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("column, platform", [(2, "aws"), (3, "azure")])
def test_the_rules_that_the_readme_names_are_those_of_each_cloud(
    column: int, platform: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / DEV).read_text(encoding="utf-8")
    ids = "{resource_group_name: mail, location: westeurope}"
    if platform == "azure":
        text = re.sub(r"\{vpc_id: .*\}", ids, text.replace("platform: aws", "platform: azure"))
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text, encoding="utf-8")
    assert main(["plan", "--json", str(file)]) == 0
    plan = capsys.readouterr().out
    rows = ("/tcp/", " all protocols ", "| everything else")
    lines = [x for x in written(README).splitlines() if any(row in x for row in rows)]
    cells = [line.split("|")[column] for line in lines if line.count("|") == 4]
    named = {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    assert len(named) >= 4
    assert not {name for name in named if f'"{name}"' not in plan}


@pytest.mark.parametrize("block", TRANSCRIPTS)
def test_a_transcript_is_what_happens(
    block: Block, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    apply(block.edits, project)
    run(block, capsys)


def test_the_steps_of_an_upgrade_follow_each_other(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(project)
    edits = 0
    for block in blocks(written(IN_STEPS)):
        if block.language == "diff":
            repository.commit({})
            apply(block.lines, project)
            edits += 1
        elif block.language == "console":
            run(block, capsys)
    assert edits >= 4


def run(block: Block, capsys: pytest.CaptureFixture[str]) -> None:
    code = 0
    for step in steps(block.lines):
        if step.command == "echo $?":
            assert step.shown == (str(code),)
            continue
        arguments = as_arguments(step.command)
        assert arguments is not None, f"nobody knows whether `{step.command}` shows that"
        code = main(arguments)
        reported = capsys.readouterr()
        real = reported.out + reported.err
        gone = "\n".join(missing(step.shown, real))
        assert not gone, f"`{step.command}` does not show:\n{gone}\nit shows:\n{real}"


@pytest.mark.parametrize(
    "shown, fine",
    [
        ("a b c d", True),
        ("a ... d", True),
        ("... c ...", True),
        ("a b ...", True),
        ("... b ... d", True),
        ("a c ...", False),
        ("b c d", False),
        ("a b c", False),
        ("... c b ...", False),
        ("... x ...", False),
        ("a ... c", False),
    ],
)
def test_a_transcript_without_a_marked_cut_has_no_gap(shown: str, fine: bool) -> None:
    assert (missing(shown.split(), "a\nb\nc\nd\n") == []) is fine


# ---- links ----


def anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(page), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_links_to_is_there(page: str) -> None:
    text = written(page)
    links = re.findall(r"\]\(([^)\s]+)\)", prose(text))
    assert links, f"no link is found in {page}"
    for link in links:
        if re.match(r"https://[\w.-]+\.[a-z]+(/|$)", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page} links to {link}"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page}: {link}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_files_of_ours_that_are_there(page: str) -> None:
    text = prose(written(page))
    for named in re.findall(r"`((?:exchange_ports|scripts|stacks)/[\w./-]*)`", text):
        if named != "stacks/Pulumi.NAME.yaml":
            assert (ROOT / named).exists(), f"{page} names {named}"


# ---- the samples ----


def test_the_python_sample_builds_the_firewall_in_a_vpc_of_its_own(tmp_path: Path) -> None:
    sample = in_language("python", COMPONENT)[0]
    (tmp_path / "__main__.py").write_text("\n".join(sample.lines), encoding="utf-8")
    recording = record(tmp_path, project="landing-zone", stack="dev", config={})
    (vpc,) = recording.of_type("aws:ec2/vpc:Vpc")
    groups = recording.of_type("aws:ec2/securityGroup:SecurityGroup")
    (interface,) = recording.of_type("aws:ec2/networkInterface:NetworkInterface")
    assert groups
    assert {group.inputs["vpcId"] for group in groups} == {vpc.id}
    attached = interface.inputs["securityGroups"]
    assert isinstance(attached, list)
    assert attached
    assert recording.outputs["servers"] == {"ex1": {"security_group_ids": attached}}


def test_the_other_python_samples_build_a_firewall(tmp_path: Path) -> None:
    others = in_language("python", COMPONENT)[1:]
    assert others
    for at, sample in enumerate(others):
        (tmp_path / f"{at}.py").write_text("\n".join(sample.lines), encoding="utf-8")
        recording = record(tmp_path / f"{at}.py", project="landing-zone", stack="dev", config={})
        assert recording.of_type("exchange-ports:index:ExchangeFirewall")


Check = Callable[[Mapping[str, Any]], None]


@pytest.fixture
def for_editors(capsys: pytest.CaptureFixture[str]) -> Check:
    """What `exchange-ports schema --stack` prints."""
    main(["schema", "--stack"])
    validator = Draft202012Validator(json.loads(capsys.readouterr().out))
    return cast("Check", validator.validate)  # pyright: ignore[reportUnknownMemberType]


def _contents(stack: str) -> Mapping[str, Any]:
    config = read_stack_file(stack.encode(), "stack").config
    topology = json.loads(json.dumps(config["topology"]))
    return {"config": {"exchange-ports:topology": topology}}


@pytest.mark.parametrize("stack", STACKS, ids=lambda path: path.stem)
def test_the_schema_for_editors_takes_each_stack(stack: Path, for_editors: Check) -> None:
    for_editors(_contents(stack.read_text(encoding="utf-8")))


@pytest.mark.parametrize("stack", STACKS, ids=lambda path: path.stem)
def test_the_schema_for_editors_sees_a_misspelled_role(stack: Path, for_editors: Check) -> None:
    right = stack.read_text(encoding="utf-8")
    misspelled = right.replace("mailbox]", "mailbx]")
    if misspelled == right:
        # Servers of later versions need no roles.
        misspelled = right.replace("{address: ", "{roles: [mailbx], address: ", 1)
    assert misspelled != right
    with pytest.raises(ValidationError, match="mailbx"):
        for_editors(_contents(misspelled))

"""Adopting what our own program made in Azure: exactly what the engine forgot, in whatever form it is printed.

The outputs are those of azure-mgmt-network, of the small ARM; the import is made by the test provider,
as an engine would ask it to.
"""

import copy
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from azure.core.exceptions import HttpResponseError
from hypothesis import given
from hypothesis import strategies as st

from exchange_ports.clouds.existing import ResourceStatus
from exchange_ports.findings import Refused
from exchange_ports.offline import Recording
from exchange_ports.proof import prove
from tests.adoption import printed
from tests.adoption.asking import Asked
from tests.engine.azure_subscription import Subscription, subscription
from tests.engine.stacks import STACKS, Topology
from tests.support.recordings import declared
from tests.support.resource_types import NSG

pytestmark = pytest.mark.slow

Json = dict[str, Any]

INTERNAL: Final = "exchange-lab-internal"
TAGS: Final = {"owner": "mail"}


@dataclass
class Made:
    """A stack in a subscription, made by the test provider."""

    there: Subscription
    topology: Topology
    tags: Mapping[str, str]
    recording: Recording

    @property
    def client(self) -> Any:
        return self.there.client

    def printed(self) -> list[list[Json]]:
        return printed.azure(self.client, self.there.tenant.resource_groups.values())

    def asked(self, **more: Any) -> Asked:
        """What the command is given; `without` are the URNs that the engine has forgotten."""
        state = printed.export(self.recording, self.there.deployment, **more)
        places = self.there.tenant.places
        outputs = self.printed()
        return Asked(self.topology, places, state, azure=outputs, tags=self.tags)

    def made(self) -> dict[str, str]:
        """The ids of what was made, by URN."""
        return {urn: one.id for urn, one in self.there.deployment.resources.items()}

    def one(self, name: str) -> str:
        (urn,) = (urn for urn in self.made() if urn.endswith(f"::{name}"))
        return urn

    def adopt(self, asked: Asked) -> None:
        """Import what the file says, as an engine would."""
        registered = {one.name: one for one in self.recording.registrations if one.custom}
        for each in asked.file()["resources"]:
            if "id" in each:
                self.there.deployment.adopt(registered[each["name"]], each["id"])


@contextmanager
def making(
    stack: str, directory: Path, tags: Mapping[str, str] = TAGS, attach_to: str | None = None
) -> Generator[Made]:
    topology = declared(stack, "azure")
    if attach_to is not None:
        for network in topology["networks"].values():
            network["attach_to"] = attach_to
    with subscription(stack, topology, directory) as there:
        recording = there.run(topology, tags)
        there.deployment.up(recording)
        yield Made(there, topology, tags, recording)


def as_the_cli_prints(listed: list[Json]) -> list[Json]:
    """The Azure CLI has properties at the top, and null for what is not set."""
    found: list[Json] = []
    for each in listed:
        flat = {**each, **each["properties"], "resourceGroup": each["id"].split("/")[4]}
        flat.pop("properties")
        if "securityRules" in flat:
            flat["securityRules"] = as_the_cli_prints(flat["securityRules"])
        found.append({"provisioningState": "Succeeded", "description": None, **flat})
    return found


@pytest.mark.parametrize("tags", [{}, TAGS], ids=["untagged", "tagged"])
@pytest.mark.parametrize("stack", STACKS)
def test_a_lost_state_comes_back_whole_and_then_nothing_changes(
    stack: str, tags: Mapping[str, str], tmp_path: Path
) -> None:
    with making(stack, tmp_path, tags) as made:
        assert made.asked().ids(ResourceStatus.KNOWN) == made.made()
        assert made.asked().commands() == []
        everything = {one.urn for one in made.recording.registrations}
        asked = made.asked(without=everything)
        assert asked.ids(ResourceStatus.IMPORT) == made.made()
        assert [each.edits for each in asked.answer().verdicts(*ResourceStatus) if each.edits] == []

        made.there.deployment.resources.clear()
        made.adopt(asked)
        assert made.there.deployment.up(made.recording) == []


def test_what_is_adopted_is_what_was_forgotten(tmp_path: Path) -> None:
    with making("both", tmp_path) as there:
        made, asked = there.made(), there.asked()
        urns = [one.urn for one in there.recording.registrations]

        @given(forgotten=st.sets(st.sampled_from(urns)))
        def law(forgotten: set[str]) -> None:
            state = printed.export(there.recording, there.there.deployment, without=forgotten)
            then = replace(asked, state=state)
            assert then.ids(ResourceStatus.IMPORT) == {
                urn: made[urn] for urn in forgotten if urn in made
            }
            assert then.ids(ResourceStatus.KNOWN) == {
                urn: made[urn] for urn in made.keys() - forgotten
            }

        law()


def test_groups_at_subnets_are_known_by_their_names(tmp_path: Path) -> None:
    with making("dev", tmp_path, attach_to="subnets") as made:
        asked = made.asked()
        known = asked.ids(ResourceStatus.KNOWN)
        assert known == made.made()
        assert any(urn.endswith("-internal-subnets") for urn in known)
        assert asked.answer().no_longer_wanted == ()
        assert asked.commands() == []
        # At interfaces instead: other groups, and those at subnets go with the next update.
        elsewhere = copy.deepcopy(made.topology)
        del elsewhere["networks"]["lab"]["attach_to"]
        answer = replace(asked, topology=elsewhere).answer()
        assert [each.wanted.name for each in answer.verdicts(ResourceStatus.MISSING)] == [INTERNAL]
        assert [each.urn.name for each in answer.no_longer_wanted] == [f"{INTERNAL}-subnets"]


def test_the_cli_the_rest_api_and_the_sdk_say_the_same(tmp_path: Path) -> None:
    with making("dev", tmp_path) as made:
        urn = made.one(INTERNAL)
        asked = made.asked(without={urn})
        flat = [as_the_cli_prints(each) for each in made.printed()]
        rest = [{"value": each} for each in made.printed()]
        for outputs in (flat, rest):
            assert replace(asked, azure=outputs).answer() == asked.answer()


def test_ids_are_written_as_the_program_spells_them(tmp_path: Path) -> None:
    """What an import takes out of the id is compared letter by letter, and would be a replacement."""
    with making("dev", tmp_path) as made:
        urn = made.one(INTERNAL)
        asked = made.asked(without={urn})
        loud = copy.deepcopy(made.printed())
        for each in (*loud[0], *loud[1]):
            path = each["id"].split("/")
            each["id"] = "/".join((*path[:4], path[4].upper(), *path[5:8], path[8].upper()))
            each["name"] = each["name"].upper()
        asked = replace(asked, azure=loud)
        assert asked.ids(ResourceStatus.IMPORT) == {urn: made.made()[urn]}
        assert asked.ids(ResourceStatus.KNOWN).keys() == made.made().keys() - {urn}


def test_rules_that_people_changed_are_named_before_one_put_ends_them(tmp_path: Path) -> None:
    with making("dev", tmp_path) as made:
        urn = made.one(INTERNAL)
        (group,) = made.there.tenant.resource_groups.values()
        nsg = made.client.network_security_groups.get(group, INTERNAL)
        gone, edited, *_ = (rule for rule in nsg.security_rules if "-tcp-" in rule.name)
        nsg.security_rules.remove(gone)
        edited.destination_port_range = "26"
        added = copy.deepcopy(edited)
        added.name, added.priority = "by-hand", 3998
        nsg.security_rules.append(added)
        made.client.network_security_groups.begin_create_or_update(group, INTERNAL, nsg).result()
        asked = made.asked(without={urn})
        (verdict,) = asked.answer().verdicts(ResourceStatus.IMPORT)
        assert [each.partition(":")[0] for each in verdict.removes] == ["by-hand"]
        assert verdict.edits == (
            f"adds the rule {gone.name}",
            f"changes the rule {edited.name}",
        )
        made.adopt(asked)
        assert made.there.deployment.up(made.recording) == [("update", urn)]
        assert made.there.deployment.up(made.recording) == []


def test_a_group_in_another_region_would_be_replaced_and_is_left_out(tmp_path: Path) -> None:
    with making("dev", tmp_path) as made:
        urn = made.one(INTERNAL)
        asked = made.asked(without={urn})
        networks = {"lab": {**made.there.tenant.places["lab"], "location": "northeurope"}}
        (verdict,) = replace(asked, networks=networks).answer().verdicts(ResourceStatus.REPLACED)
        assert (str(verdict.wanted.urn), verdict.because) == (urn, ("it is in westeurope",))
        # Spelt otherwise it is the same region.
        networks["lab"]["location"] = "West Europe"
        assert replace(asked, networks=networks).ids(ResourceStatus.IMPORT) == {
            urn: made.made()[urn]
        }


def test_a_group_of_another_name_cannot_become_ours(tmp_path: Path) -> None:
    with making("dev", tmp_path) as made:
        urn = made.one(INTERNAL)
        (group,) = made.there.tenant.resource_groups.values()
        nsg = {"location": "westeurope"}
        client = made.client.network_security_groups
        by_hand = client.begin_create_or_update(group, "mail-nsg", nsg).result()
        asked = replace(made.asked(without={urn}), told={INTERNAL: by_hand.id})
        (verdict,) = asked.answer().verdicts(ResourceStatus.REPLACED)
        assert verdict.because == ("its name is mail-nsg",)


def test_a_group_that_is_gone_leaves_the_state_by_a_refresh_first(tmp_path: Path) -> None:
    with making("dev", tmp_path) as made:
        urn = made.one(INTERNAL)
        (group,) = made.there.tenant.resource_groups.values()
        made.client.network_security_groups.begin_delete(group, INTERNAL).result()
        assert made.asked().ids(ResourceStatus.GONE) == {urn: made.made()[urn]}
        # Cut off as it was created, and never made.
        asked = made.asked(without={urn}, pending=[("creating", urn)])
        assert asked.ids(ResourceStatus.MISSING) == {urn: ""}


def test_an_output_that_is_missing_is_asked_for(tmp_path: Path) -> None:
    with making("dev", tmp_path) as made:
        nsgs, asgs = made.printed()
        with pytest.raises(Refused, match="the output of `az network asg list` is missing"):
            replace(made.asked(), azure=[nsgs]).answer()
        # An empty one is the other one.
        made_asgs = {urn for urn in made.made() if NSG not in urn}
        found = replace(made.asked(), azure=[nsgs, []])
        assert found.ids(ResourceStatus.GONE).keys() == made_asgs
        assert replace(made.asked(), azure=[nsgs, asgs]).answer().clear


def test_a_group_made_by_hand_is_taken_off_by_the_one_put_that_puts_ours_on(tmp_path: Path) -> None:
    """The way in on Azure: ours beside it first, then each interface in one call."""
    with making("dev", tmp_path) as made:
        (group,) = made.there.tenant.resource_groups.values()
        groups = made.client.network_security_groups
        by_hand = groups.begin_create_or_update(group, "mail", {"location": "westeurope"}).result()
        attached: Json = {
            "network_security_group_id": by_hand.id,
            "application_security_group_ids": [],
        }
        servers: Json = {"servers": {"ex1": attached, "ex2": attached}}
        zones = {"ex1": "internal", "ex2": "internal"}
        made.there.tenant.dress("lab", zones, servers)
        with pytest.raises(HttpResponseError, match="InUseNetworkSecurityGroupCannotBeDeleted"):
            groups.begin_delete(group, "mail").result()

        made.there.dress(made.topology, made.recording)
        groups.begin_delete(group, "mail").result()
        assert prove(made.there.stands(made.topology)).failures == ()
        assert made.asked().answer().clear

"""What `bench.mutation` needs to know: the tests nearest to each file, known faults, equivalent ones."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Nearest(NamedTuple):
    """The tests that should notice a fault: quick ones of these paths, then slow ones of those."""

    quick: tuple[str, ...]
    slow: tuple[str, ...] = ()


class Fault(NamedTuple):
    """A fault that no test noticed once, and the test that does."""

    name: str
    file: str
    old: str
    new: str
    test: str


_PACKAGE: Final = "exchange_ports"
#: What reads the words of `flows/labels.py`.
_WORDS: Final = ("tests/proof/test_reachability.py", "tests/proof/test_explain.py", "tests/reports")
_FLOWS: Final = (
    "tests/flows",
    "tests/topology/test_groups.py",
    "tests/proof/test_documented_rows.py",
)
_CHECKS: Final = ("tests/topology", "tests/findings")
_PLAN: Final = (
    "tests/clouds/test_plans.py",
    "tests/proof/test_proof.py",
    "tests/clouds/test_limits.py",
    "tests/clouds/test_conformance.py",
)

#: By file or folder; the longest path that a file begins with counts.
TARGETS: Final[Mapping[str, Nearest]] = {
    f"{_PACKAGE}/flows": Nearest((*_FLOWS, *_WORDS), ("tests/flows",)),
    f"{_PACKAGE}/flows/labels.py": Nearest(("tests/flows", "tests/differences", *_WORDS)),
    f"{_PACKAGE}/topology": Nearest((*_CHECKS, *_FLOWS), ("tests/findings", "tests/topology")),
    f"{_PACKAGE}/topology/checks": Nearest(
        (*_CHECKS, "tests/flows/test_hybrid_flows.py"), ("tests/findings",)
    ),
    f"{_PACKAGE}/topology/groups.py": Nearest(_FLOWS, ("tests/topology",)),
    f"{_PACKAGE}/topology/inventory.py": Nearest(
        (*_FLOWS, "tests/differences", "tests/rollout"), ("tests/topology",)
    ),
    f"{_PACKAGE}/clouds/aws/plan.py": Nearest(_PLAN, ("tests/clouds/test_plan_laws.py",)),
    f"{_PACKAGE}/clouds/azure/plan.py": Nearest(
        _PLAN, ("tests/component/test_subnets.py", "tests/clouds/test_plan_laws.py")
    ),
    f"{_PACKAGE}/proof": Nearest(
        ("tests/proof", "tests/reports/test_report.py"), ("tests/proof/test_reachability.py",)
    ),
    f"{_PACKAGE}/proof/invariants.py": Nearest(
        ("tests/proof",), ("tests/component/test_subnets.py",)
    ),
    f"{_PACKAGE}/differences": Nearest(("tests/differences",), ("tests/differences/test_diff.py",)),
    f"{_PACKAGE}/differences/flow_diff.py": Nearest(
        ("tests/differences", "tests/reports/test_diagram.py")
    ),
}

_ROWS: Final = "tests/flows/test_flows.py"
_PLANS: Final = "tests/clouds/test_plans.py"
_PERIMETER: Final = (
    "tests/proof/test_proof.py::test_the_perimeter_has_exceptions_and_probes_only_as_declared"
)
_CHECK: Final = "tests/topology/test_checks.py::test_an_edit_adds_these_findings_and_no_others"

#: `old` occurs once in the file: a fault that cannot be made any more is an error of this table.
FAULTS: Final[tuple[Fault, ...]] = (
    Fault(
        "an installation's Send connector where Edge receives",
        f"{_PACKAGE}/topology/groups.py",
        "sending = any(edge.sends for edge",
        "sending = any(edge.receives for edge",
        f"{_ROWS}::test_an_edge_server_that_only_sends_has_the_send_connector_of_its_subscription",
    ),
    Fault(
        "the servers of a proxied connector ignored",
        f"{_PACKAGE}/topology/groups.py",
        "        if connector.servers is None:\n            return connector.sites\n",
        "        return connector.sites\n",
        f"{_ROWS}::test_a_proxied_connector_of_named_servers_leaves_by_the_client_access_servers"
        "_of_their_sites",
    ),
    Fault(
        "keys of servers for their identities",
        f"{_PACKAGE}/topology/groups.py",
        "return {identity(name, servers[name]) for name in names}",
        "return set(names)",
        f"{_ROWS}::test_a_renamed_server_that_one_edge_excepts_takes_part_in_edgesync_with_the_other",
    ),
    Fault(
        "every group of one Edge server receives",
        f"{_PACKAGE}/topology/groups.py",
        "            if delivers_apart(edge)\n            for each in self._alone(key, edge)",
        "            for each in self._alone(key, edge)",
        f"{_ROWS}::test_an_edge_server_receives_by_a_group_of_its_own_only_where_its_port_is_another",
    ),
    Fault(
        "no group of one Edge server receives",
        f"{_PACKAGE}/topology/groups.py",
        "            if delivers_apart(edge)\n            for each in self._alone(key, edge)",
        "            if False\n            for each in self._alone(key, edge)",
        f"{_ROWS}::test_an_edge_server_receives_by_a_group_of_its_own_only_where_its_port_is_another",
    ),
    Fault(
        "a member without an address is of no family",
        f"{_PACKAGE}/clouds/aws/plan.py",
        "in ({each.version for each in server.declared_addresses} or {_IPV4})",
        "in {each.version for each in server.declared_addresses}",
        f"{_PLANS}::test_ping_of_a_group_is_of_the_families_in_which_it_has_members",
    ),
    Fault(
        "a group without members is of no family",
        f"{_PACKAGE}/clouds/aws/plan.py",
        "return frozenset(found or {_IPV4})",
        "return frozenset(found)",
        f"{_PLANS}::test_ping_of_a_retired_group_is_that_of_ipv4",
    ),
    Fault(
        "only the first zone of a group",
        f"{_PACKAGE}/clouds/azure/plan.py",
        "for zone in sorted(zones.get(ours, ())):",
        "for zone in sorted(zones.get(ours, ()))[:1]:",
        f"{_PLANS}::test_a_group_with_members_in_two_zones_has_its_rules_in_both",
    ),
    Fault(
        "one end among internal servers is enough for its band",
        f"{_PACKAGE}/clouds/azure/plan.py",
        "return flow.ports == ANY_PORTS and all(",
        "return flow.ports == ANY_PORTS and any(",
        f"{_PLANS}::test_every_protocol_to_whom_an_operator_names_is_no_rule_between_internal_servers",
    ),
    Fault(
        "what is missing counts only where nothing is too much",
        f"{_PACKAGE}/proof/invariants.py",
        "for found in filter(None, (more, less)):",
        "for found in filter(None, (more or less,)):",
        "tests/proof/test_proof.py::test_a_port_that_is_another_one_is_found_on_both_sides",
    ),
    Fault(
        "the perimeter's law without exceptions from EdgeSync",
        f"{_PACKAGE}/proof/invariants.py",
        "self._mailboxes(declared, besides=declared.edgesync_except)",
        "self._mailboxes(declared)",
        _PERIMETER,
    ),
    Fault(
        "probes allowed unless they are off",
        f"{_PACKAGE}/proof/invariants.py",
        'direct = self._model.topology.sender_reputation == "direct"',
        'direct = self._model.topology.sender_reputation != "disabled"',
        _PERIMETER,
    ),
    Fault(
        "224/3 in the Internet of the laws",
        f"{_PACKAGE}/proof/documented_rows.py",
        "difference(EVERYTHING_V4, (*holes, _NO_UNICAST))",
        "difference(EVERYTHING_V4, holes)",
        "tests/proof/test_documented_rows.py::test_every_stack_and_situation_has_all_its_rows",
    ),
    Fault(
        "a range that holds the perimeter is not in it",
        f"{_PACKAGE}/topology/risk.py",
        "perimeter = addresses & self._perimeter",
        "perimeter = AddressSet() if addresses - self._perimeter else addresses",
        f"{_CHECK}[a flow to a range that holds the perimeter]",
    ),
    Fault(
        "mail is proxied past Edge servers that do not send",
        f"{_PACKAGE}/topology/checks/mail.py",
        "if edge.subscribed_site and edge.sends",
        "if edge.subscribed_site",
        f"{_CHECK}[mail proxied past an Edge server that does not send]",
    ),
    Fault(
        "an accounts forest has no name of its own",
        f"{_PACKAGE}/topology/inventory.py",
        "                yield accounts_name(key, site)\n",
        "                pass\n",
        "tests/topology/test_groups.py::test_neighbors_are_named_by_their_field_and_the_identity_of_their_site",
    ),
    Fault(
        "an accounts forest is no internal neighbor",
        f"{_PACKAGE}/topology/checks/naming.py",
        "enumerate(controllers.accounts_forest if controllers else ()):",
        "enumerate(()):",
        f"{_CHECK}[an accounts forest in the perimeter]",
    ),
    Fault(
        "only subscribed Edge servers need the addresses of their site",
        f"{_PACKAGE}/topology/checks/addressing.py",
        "if mailbox and edge.site == site_key and edge.network",
        "if mailbox and edge.subscribed_site == site_key and edge.network",
        f"{_CHECK}[no address, and an Edge server with connectors made by hand in another network]",
    ),
)

#: Faults that change nothing that anybody can see, by their keys, with the reason.
EQUIVALENT: Final[Mapping[str, str]] = {
    f"{_PACKAGE}/differences/traffic_diff.py of_platform: 4 => 5": (
        "all protocols are the same set in both IP versions"
    ),
    f"{_PACKAGE}/flows/risky_flows.py (module): 3 => 4 #1": "the path of a relay has three words",
    f"{_PACKAGE}/differences/topology_diff.py _but_probes: if missing: => if True:": (
        "it only saves work: nothing can be taken from no addresses"
    ),
    f"{_PACKAGE}/proof/invariants.py _unharmed: s.network == plan.network => s.network != plan.network": (
        "a host beside the servers is one in no group, so the address of a server is answered like any other"
    ),
    f"{_PACKAGE}/differences/topology_diff.py EndpointText.end: any => all": (
        "only one platform needs traffic of every filter"
    ),
    f"{_PACKAGE}/topology/checks/mail.py _proxied_past_edge: edge.subscribed_site => edge.site #1": (
        "without a subscribed site it adds None, which is no site"
    ),
    f"{_PACKAGE}/differences/traffic_diff.py Snapshot.declared_at: any => all": (
        "a flow of a platform has one reason, and no other flow has a reason of a platform"
    ),
    f"{_PACKAGE}/differences/traffic_diff.py _Class.added: 0 => -1": (
        "the servers of a class are of one platform, so all of them are managed or none"
    ),
    f"{_PACKAGE}/differences/traffic_diff.py _Class.added: 0 => -1 #1": (
        "the servers of a class are of one platform, so all of them are managed or none"
    ),
    f"{_PACKAGE}/differences/neighbor_diff.py _changes: each.after => each.before": (
        "a topology is matched with itself, so both are the same server"
    ),
    f"{_PACKAGE}/differences/neighbor_diff.py _changes: each.after => each.before #1": (
        "a topology is matched with itself, so both are the same server"
    ),
    f"{_PACKAGE}/proof/answers.py (module): 0 => -1": "only the order of the three numbers counts",
    f"{_PACKAGE}/proof/redundancy.py RuleIndex._covering: "
    "other is rule or not other.services & rule.services => other is rule": (
        "it only saves work: a rule without a service in common leaves what is not covered as it is"
    ),
    f"{_PACKAGE}/proof/reachability.py _let: if mine.server is None: => if False:": (
        "it is asked of managed ends only, and each of them is a server"
    ),
    f"{_PACKAGE}/topology/validate.py _mended: if len(mends) < len(shape): => if False:": (
        "it only saves work: what is not mended is refused once more"
    ),
    f"{_PACKAGE}/topology/inventory.py Inventory._retired: "
    "if not network.retired_groups: => if False:": (
        "it only saves work: without retired groups there is none to find"
    ),
    f"{_PACKAGE}/flows/flow.py in_order: 1 => 0": "it only saves work: one reason is in order",
    f"{_PACKAGE}/topology/risk.py services: 4 => 5": (
        "the IP version decides of which kind ICMP is, and neither kind is sensitive"
    ),
    f"{_PACKAGE}/topology/groups.py RoleGroups.edgesync_pairs: edge.site => edge.subscribed_site": (
        "`syncs_apart` is true of subscribed Edge servers only, whose site is that one"
    ),
    f"{_PACKAGE}/topology/validate.py parse_topology: if topology is None: => if True:": (
        "it only saves work: data without an error of shape is read once more as it is"
    ),
    f"{_PACKAGE}/differences/traffic_diff.py _Comparison._of_group: "
    "if (group, way) not in self._candidates: => if True:": (
        "it only saves work: the same is worked out again"
    ),
    f"{_PACKAGE}/clouds/azure/plan.py _between_internal_servers: flow.ports == ANY_PORTS and all((end.kind is "
    "GroupKind.EXCHANGE if isinstance(end, Group) else end.unrestricted for end in (flow.source, "
    "flow.destination))) => all((end.kind is GroupKind.EXCHANGE if isinstance(end, Group) else "
    "end.unrestricted for end in (flow.source, flow.destination)))": (
        "what else is declared between these ends is covered by the rule of the ground rule's flow"
    ),
    f"{_PACKAGE}/topology/groups.py RoleGroups._apart_of: return () => return None": (
        "the site of a group is declared, so this line is not reached"
    ),
    f"{_PACKAGE}/differences/traffic_diff.py _Comparison._of_class: if not candidates: => if False:": (
        "it only saves work: without candidates nothing is looked for"
    ),
    f"{_PACKAGE}/flows/flow.py in_order: "
    "once if len(once) <= 1 else tuple(sorted(set(once), key=reason_order)) => "
    "tuple(sorted(set(once), key=reason_order))": "it only saves work: one reason is in order",
    f"{_PACKAGE}/topology/groups.py RoleGroups._of: "
    "found if len(found) <= 1 else sorted(found) => found": (
        "whoever asks makes flows, and `compile_flows` sorts them"
    ),
    f"{_PACKAGE}/topology/groups.py RoleGroups._of: "
    "found if len(found) <= 1 else sorted(found) => sorted(found)": (
        "it only saves work: one group is in order"
    ),
    f"{_PACKAGE}/topology/models.py EdgeServer.site: "
    "self.subscribed_site or self.manual_connectors_site or '' => self.subscribed_site or self.manual_connectors_site": (
        "an Edge server without either is refused, and no site is called None or ''"
    ),
    f"{_PACKAGE}/topology/checks/addressing.py _addresses: site.network or '' => site.network": (
        "no network is called None or '', so both find none"
    ),
    f"{_PACKAGE}/clouds/azure/plan.py _written: "
    "if not isinstance(ours, Group) or ours.network != network: => if False:": (
        "`zones` has groups of this network only, so whatever else is asked for is in no zone"
    ),
    f"{_PACKAGE}/clouds/azure/plan.py _written: "
    "not isinstance(ours, Group) or ours.network != network => not isinstance(ours, Group)": (
        "`zones` has groups of this network only, so those of another one are in no zone"
    ),
    f"{_PACKAGE}/proof/redundancy.py RuleIndex._covering: "
    "other.services & rule.services => rule.services": (
        "it only saves work: a rule without a service in common leaves what is not covered as it is"
    ),
    f"{_PACKAGE}/proof/redundancy.py RuleIndex._covering: "
    "other.services & rule.services => other.services": (
        "it only saves work: a rule without a service in common leaves what is not covered as it is"
    ),
    f"{_PACKAGE}/differences/topology_diff.py EndpointText.__init__: "
    "each.perimeter => each.internal #1": (
        "perimeter zones of IPv4 are in private blocks, which are taken away as well (the check "
        "`zone-outside-private-blocks`); from the inside they are taken away in the next line"
    ),
}

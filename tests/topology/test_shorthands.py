"""A single range stands for a list of one, and a list for a mapping with `addresses`."""

from collections.abc import Mapping
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from exchange_ports.stackfile.stack_file import read_stack_file
from exchange_ports.topology.validate import load_topology, topology_schema
from tests.support.strategies import SMALL, WITH_EDGE, edited

#: The field, its short form and its long form.
FORMS: Final[Mapping[str, tuple[object, object]]] = {
    "networks.corp.internal": ("10.20.0.0/20", ["10.20.0.0/20"]),
    "networks.corp.perimeter": ("10.20.240.0/24", ["10.20.240.0/24"]),
    "private_blocks": ("10.0.0.0/8", ["10.0.0.0/8"]),
    "sites.hq.domain_controllers": (["10.20.2.10"], {"addresses": ["10.20.2.10"]}),
    "sites.hq.lync": ("10.20.4.0/28", {"addresses": ["10.20.4.0/28"]}),
    "sites.hq.other_exchange": (["10.20.5.0/28"], {"addresses": "10.20.5.0/28"}),
    "clients.office": ({"from": "10.64.0.0/12"}, {"from": ["10.64.0.0/12"]}),
    "clients.v6": ({"from": "2001:db8::/32"}, {"from": ["2001:db8::/32"]}),
    "mail_flow.inbound": ({"from": "198.51.100.7"}, {"from": ["198.51.100.7"]}),
    "mail_flow.relays": ({"fax": {"from": "10.20.7.5"}}, {"fax": {"from": ["10.20.7.5"]}}),
    "name_servers.internal": ("10.20.2.53", ["10.20.2.53"]),
    "name_servers.edge": ({"corp": "10.20.240.53"}, {"corp": ["10.20.240.53"]}),
}


@pytest.mark.parametrize("field", FORMS)
def test_a_short_form_declares_the_same_as_the_long_one(field: str) -> None:
    base: Any = WITH_EDGE if "perimeter" in field or "edge" in field else SMALL
    short, long = (edited(base, {field: form}) for form in FORMS[field])
    assert load_topology(short)[0] == load_topology(long)[0]
    schema: Any = Draft202012Validator(topology_schema())
    assert [list(schema.iter_errors(data)) for data in (short, long)] == [[], []]


def test_an_entry_of_a_short_form_is_found_at_its_line() -> None:
    text = """\
config:
  exchange-ports:topology:
    sites:
      hq:
        domain_controllers:
          - 10.20.2.10
          - 10.20.2.11
"""
    file = read_stack_file(text.encode(), "Pulumi.dev.yaml")
    path = ("topology", "sites", "hq", "domain_controllers", "addresses", 1)
    assert file.locate(path).line == 7

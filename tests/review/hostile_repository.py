"""A pull request with every trick at once by which an edit could hide from its reviewer.

`HIDING` are the tricks after which no one can tell what Pulumi reads; without them, `SHOWN` is left.
"""

import json
from typing import Final

from tests.differences.written import START
from tests.review.made import LINK, Entry, plain
from tests.review.reviewed import Files

__all__ = ["ADDED", "BASE", "CHANGED", "HIDING", "NOT_REVIEWED", "SHOWN"]

_AWS: Final = START["stacks/Pulumi.aws.yaml"]
_AZURE: Final = START["stacks/Pulumi.azure.yaml"]
_FLOWS: Final = "    additional_flows:\n"
_RDP: Final = f"{_FLOWS}      - {{from: internet, to: mailbox, ports: [3389/tcp], reason: x, accept_risk: true}}\n"
_VPC: Final = "vpc_id: vpc-0a1b2c3d4e5f60718"
_PLAIN: Final = "config:\n  aws:region: eu-west-1\n"
_PROJECT: Final = "name: mail\nruntime: python\nstackConfigDir: stacks\n"


def _called(name: str, text: str = _AWS) -> str:
    """Another organization, so that no file is taken for a renamed other one."""
    return text.replace("organization: ", f"organization: {name}-")


def _opened(text: str) -> str:
    assert _FLOWS in text
    return text.replace(_FLOWS, _RDP)


def _stack(name: str) -> str:
    return f"stacks/Pulumi.{name}.yaml"


BASE: Final[Files] = {
    "Pulumi.yaml": plain(_PROJECT),
    "__main__.py": plain("import exchange_ports\n"),
    "requirements.txt": plain("exchange-ports\n"),
    "exchange_ports/flows/rows.py": plain("x = 1\n"),
    ".github/workflows/firewall.yml": plain("on: pull_request_target\n"),
    _stack("prod"): plain(_called("prod")),
    _stack("moved"): plain(_called("moved", _AZURE)),
    _stack("bound"): plain(_called("bound")),
    _stack("region"): plain(_called("region")),
    _stack("late"): plain(_called("late")),
    _stack("inline"): plain(_called("inline")),
    **{_stack(name): plain(_PLAIN) for name in ("link", "merge", "alias", "big", "esc", "ours")},
}
#: What each file of the pull request becomes, but for what hides.
_EDITS: Final[Files] = {
    "__main__.py": plain("import evil\n"),
    "requirements.txt": plain("evil\n"),
    "exchange_ports/flows/rows.py": plain("x = 2\n"),
    ".github/workflows/firewall.yml": plain("on: push\n"),
    "Pulumi.yaml": plain(f"{_PROJECT}config:\n  exchange-ports:tags: {{value: {{team: evil}}}}\n"),
    _stack("prod"): plain(_opened(_called("prod"))),
    # Renamed, and before all others by name.
    _stack("a"): plain(_opened(_called("moved", _AZURE))),
    _stack("bound"): plain(
        _called("bound").replace(
            _VPC, f"{_VPC}, neighbor_security_groups: {{domain-controllers.hq: sg-0abc}}"
        )
    ),
    _stack("region"): plain(_called("region").replace("eu-west-1", "us-east-1")),
    _stack("late"): plain(
        _called("late").rstrip() + "\n  exchange-ports:servers_in: other_stack\n"
    ),
    _stack("inline"): plain(
        _called("inline").rstrip()
        + "\nenvironment: {values: {environmentVariables: {AWS_PROFILE: evil}}}\n"
    ),
}
#: New environments, which come before most by name.
ADDED: Final = tuple(f"b{number:03}" for number in range(100))
_NEW: Final = """config:
  exchange-ports:networks: {lab: {vpc_id: vpc-1}}
  exchange-ports:topology:
    organization: NAME
    networks: {lab: {platform: aws, internal: [10.30.0.0/16]}}
    sites:
      lab:
        network: lab
        servers: {ex1: {roles: [client_access, mailbox], address: 10.30.0.11}}
        domain_controllers: {addresses: [10.30.0.5]}
    name_servers: {internal: domain_controllers}
"""
#: Of the environments that are not new, those of which there is something to say.
CHANGED: Final = ("prod", "a", "bound", "region", "late", "inline")
SHOWN: Final[Files] = {
    **{path: entry for path, entry in BASE.items() if path != _stack("moved")},
    **_EDITS,
    **{_stack(name): plain(_NEW.replace("NAME", name)) for name in ADDED},
}

_DEEP: Final = "\n".join(
    ["  x0: &x0 [a, a, a, a, a, a, a, a, a]"]
    + [f"  x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]" for n in range(1, 10)]
)
_OURS_ESCAPED: Final = json.dumps({"config": {"exchange-ports:topology": {}}}).replace(
    "exchange-ports", "exchange\\u002dports"
)
#: Files in place of those above, each of which leaves open what Pulumi reads.
HIDING: Final[Files] = {
    # Read in place of Pulumi.yaml.
    "Pulumi.json": plain(json.dumps({"name": "mail", "stackConfigDir": "../../evil"})),
    # The old form, merged from an alias, before a second document.
    "Pulumi.yaml": plain(f"a: &a {{name: mail, config: evil}}\n<<: *a\n{_PROJECT}---\n{_PROJECT}"),
    "evil/Pulumi.prod.yaml": plain(_opened(_called("prod"))),
    _stack("link"): Entry(b"../evil/Pulumi.prod.yaml", LINK),
    _stack("merge"): plain(
        "x: &x {exchange-ports:topology: {organization: evil}}\nconfig:\n  <<: *x\n"
    ),
    _stack("alias"): plain(f"config:\n{_DEEP}\n  exchange-ports:topology: *x9\n"),
    _stack("big"): plain(_called("big") + "# x\n" * 400_000),
    _stack("esc"): plain(f"{_PLAIN}environment: [team/prod]\n"),
    _stack("ours"): plain(_called("ours").rstrip() + "\nenvironment: {imports: [team/prod]}\n"),
    "stacks/Pulumi.escaped.json": plain(_OURS_ESCAPED),
    "stacks/Pulumi.odd.yml": plain(_called("odd") + "--- \n" + _called("other")),
}
#: The stack files among them, each of which is named as not reviewed or as one that does not load.
NOT_REVIEWED: Final = tuple(sorted(str(path) for path in HIDING if str(path).startswith("stacks/")))

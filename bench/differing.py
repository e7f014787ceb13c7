"""How long `diff` of a large organization takes, held against what it cannot do without.

It has to start, and to read and compile two stack files. What it adds is the comparison, what an
update passes through, and the report.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.measure import Measured, interleaved
from bench.starting import process

__all__ = ["declared", "measure"]

_SITES: Final = 40
_SERVERS: Final = 10
#: Cold starts and two compilations, from the acceptance of `diff`.
_TARGET: Final = 2.5
_ID: Final = {
    "aws": {"vpc_id": "vpc-0a1b2c3d4e5f60718"},
    "azure": {"resource_group_name": "rg-exchange", "location": "westeurope"},
}
_COMPILE: Final = """\
import sys
from exchange_ports.cli.stacks import compiled, read
for _ in range(2):
    compiled(read(sys.argv[1]))
"""


def measure(times: int = 7) -> Iterator[Measured]:
    """One server more, on either cloud."""
    with tempfile.TemporaryDirectory() as folder:
        compiler = Path(folder) / "twice.py"
        compiler.write_text(_COMPILE, "utf-8")
        for platform in _ID:
            old, new = (Path(folder) / f"{platform}-{more}.json" for more in (False, True))
            for file, more in ((old, False), (new, True)):
                # JSON is YAML.
                file.write_text(json.dumps(declared(platform, more=more)), "utf-8")
            cache = str(Path(folder) / "cache")
            runs = [
                process(
                    [sys.executable, "-m", "exchange_ports", "diff", str(old), str(new)], cache
                ),
                process([sys.executable, str(compiler), str(old)], cache),
            ]
            for run in runs:
                run()
            taken, twice = interleaved(*runs, times=times)
            what = f"diff, {_SITES * _SERVERS} servers on {platform}, one server more"
            yield Measured(what, taken, "cold start and two compilations", twice, _TARGET)


def declared(platform: str, *, more: bool) -> dict[str, Any]:
    """A stack file of 40 sites with ten servers each, and with one server more."""
    sites: dict[str, Any] = {}
    for site in range(_SITES):
        servers = {
            f"ex{site}-{n}": {
                "roles": ["client_access", "mailbox"],
                "address": f"10.{site}.0.{11 + n}",
            }
            for n in range(_SERVERS + (more and site == _SITES - 1))
        }
        controllers = {"addresses": [f"10.{site}.2.0/24"]}
        sites[f"site{site}"] = {
            "network": "corp",
            "servers": servers,
            "domain_controllers": controllers,
        }
    return {
        "config": {
            "exchange-ports:networks": {"corp": _ID[platform]},
            "exchange-ports:topology": {
                "organization": "contoso",
                "networks": {
                    "corp": {
                        "platform": platform,
                        "internal": ["10.0.0.0/10"],
                        "perimeter": ["10.240.0.0/24"],
                    }
                },
                "private_blocks": ["10.0.0.0/8"],
                "sites": sites,
                "edge_servers": {
                    "edge1": {
                        "network": "corp",
                        "address": "10.240.0.5",
                        "subscribed_site": "site0",
                    }
                },
                "clients": {"internet": {"services": ["https"], "to": ["site0"]}},
                "mail_flow": {"outbound": {"through": "edge", "next_hop": "internet"}},
                "name_servers": {"internal": "domain_controllers", "edge": ["10.240.0.53"]},
                "sender_reputation": "disabled",
            },
        }
    }

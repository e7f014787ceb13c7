"""Words of an operator that would be more than words in CSV, Markdown or HTML."""

from typing import Final

from exchange_ports.planning import Plans, compile_plans
from exchange_ports.topology.validate import load_topology
from tests.support.strategies import SMALL, edited

HOSTILE: Final = (
    '=HYPERLINK("http://x")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "a | b",
    "<script>alert(1)</script>",
    "[x](http://y) `code` *bold* @somebody",
    'say "hello", then go',
)
#: More of what is markup somewhere: links by their look, an escape, a reference.
MARKUP: Final = ("www.evil.example", "http://evil.example/", "a\\", "[R1]", "&#124;")


def hostile(words: str) -> Plans:
    flow = {"from": "10.20.6.0/24", "to": "exchange", "ports": ["3389/tcp"], "reason": words}
    return compile_plans(load_topology(edited(SMALL, {"additional_flows": [flow]}))[0])

"""The pages of docs/situations/: a topology each, on either cloud, and tables of verdicts."""

import copy
import re
from functools import cache
from typing import Any, Final, cast

import yaml

from tests.support.paths import ROOT
from tests.support.recordings import Platform
from tests.support.verdicts import (
    Page,
    read_page,
)

PAGES: Final = ROOT / "docs" / "situations"
SITUATIONS: Final = tuple(sorted(path.stem for path in PAGES.glob("*.md") if path.stem != "index"))
SWAPPED: Final = {"aws": "azure", "azure": "aws", "external": "external"}
#: A run is called after the cloud of the first network.
RUNS: Final[tuple[Platform, ...]] = ("aws", "azure")


def text(situation: str) -> str:
    return (PAGES / f"{situation}.md").read_text()


@cache
def page(situation: str) -> Page:
    return read_page(text(situation), f"{situation}.md")


@cache
def topology(situation: str, run: Platform) -> dict[str, Any]:
    """The page's topology, swapped where its first network is not of this run's cloud."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", text(situation), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1, f"{situation}.md: one block of YAML, the topology"
    declared = cast("dict[str, Any]", copy.deepcopy(yaml.safe_load(blocks[0])))
    networks = list(declared["networks"].values())
    if networks[0]["platform"] != run:
        for network in networks:
            network["platform"] = SWAPPED[network["platform"]]
            # On AWS nothing hangs on subnets.
            network.pop("attach_to", None)
    return declared

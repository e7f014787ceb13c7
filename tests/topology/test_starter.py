"""The first stack file: every line of it follows from the answers."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from typing import Final

import pytest

from exchange_ports.topology.platforms import Platform
from exchange_ports.topology.starter import Answers, NoRoom, starter_file

PLAIN: Final = Answers(
    Platform.AWS,
    "contoso",
    "2013",
    ("hq", "paris"),
    servers=2,
    edge=0,
    edge_version="2013",
    internal=IPv4Network("10.20.0.0/20"),
    perimeter=IPv4Network("10.20.240.0/28"),
    clients=(),
    smart_host=None,
    administration=IPv4Network("10.20.6.0/24"),
)
EDGE: Final = replace(PLAIN, edge=2, sites=("hq",))
OWN: Final = {
    "clients": (IPv4Network("10.64.0.0/16"), IPv4Network("10.65.0.0/16")),
    "smart_host": IPv4Address("10.20.7.25"),
}
ANSWERS: Final = {
    f"{name} on {cloud}": replace(answers, cloud=cloud)
    for cloud in (Platform.AWS, Platform.AZURE)
    for name, answers in {
        "no Edge server": PLAIN,
        "no Edge server, with own clients and a smart host": replace(PLAIN, **OWN),
        "Edge servers": EDGE,
        "Exchange 2019, with Edge servers of 2016": replace(
            EDGE, exchange_version="2019", edge_version="2016"
        ),
        "SE": replace(PLAIN, exchange_version="se", edge_version="se"),
        "Edge servers, with own clients and a smart host": replace(EDGE, **OWN),
    }.items()
}


def test_the_files_of_these_answers_are_those_that_were_read(
    golden: Callable[[str, str], None],
) -> None:
    files = [f"# {name}\n\n```yaml\n{starter_file(each)}```\n" for name, each in ANSWERS.items()]
    golden("starter.md", "\n".join(files))


@pytest.mark.parametrize(
    "name, written",
    [
        ("contoso", "contoso"),
        ("contoso-2", "contoso-2"),
        *((each, f'"{each}"') for each in ("2contoso", "1e3", "y", "n", "yes", "no", "on", "off")),
        *((each, f'"{each}"') for each in ("true", "false", "null", "NO", "Null")),
    ],
)
def test_a_name_that_yaml_reads_as_something_else_is_quoted(name: str, written: str) -> None:
    text = starter_file(replace(EDGE, organization=name, sites=(name,)))
    assert f"    organization: {written}\n" in text
    assert f"      {written}:\n" in text
    assert f"subscribed_site: {written}}}" in text


# Servers have the addresses from the twelfth on, Edge servers those from the twelfth of their zone.
@pytest.mark.parametrize(
    "edit, refused",
    [
        ({"servers": 20}, ""),
        ({"servers": 21}, "10.20.0.0/27 has 32 addresses, and more than 31 are required"),
        ({"edge": 4}, ""),
        ({"edge": 5}, "10.20.240.0/28 has 16 addresses, and more than 15 are required"),
        (
            {"sites": ("hq", "paris")},
            "10.20.0.0/27 has 32 addresses, and more than 43 are required",
        ),
    ],
)
def test_a_range_without_room_for_all_servers_is_refused(
    edit: dict[str, int], refused: str
) -> None:
    answers = replace(EDGE, internal=IPv4Network("10.20.0.0/27"), servers=1, edge=1)
    answers = replace(answers, **edit)
    if refused:
        with pytest.raises(NoRoom) as raised:
            starter_file(answers)
        assert str(raised.value) == refused
    else:
        assert starter_file(answers)

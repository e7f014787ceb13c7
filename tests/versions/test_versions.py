"""Which versions can be in one organization, which article has their ports, and when support ended."""

from datetime import date
from itertools import product
from typing import Final

import pytest

from exchange_ports.versions import (
    COEXISTENCE,
    MANAGED,
    OLDER,
    Article,
    Version,
    coexistence,
    together,
    why_not,
)
from tests.support.exchange_versions import COEXIST, VERSIONS

#: Every pair of versions, each once, the older one first.
PAIRS: Final = [(a, b) for a, b in product(VERSIONS, VERSIONS) if a < b]

#: The article, whether a Mailbox server is the Client Access server too, and the end of support
#: (exchange-later.md 2, 4, 6).
FACTS: Final = {
    "2007": (Article.EXCHANGE_2013, False, date(2017, 4, 11)),
    "2010": (Article.EXCHANGE_2013, False, date(2020, 10, 13)),
    "2013": (Article.EXCHANGE_2013, False, date(2023, 4, 11)),
    "2016": (Article.LATER, True, date(2025, 10, 14)),
    "2019": (Article.LATER, True, date(2025, 10, 14)),
    "se": (Article.LATER, True, None),
}


def test_the_versions_are_in_the_order_of_their_age() -> None:
    assert [each.value for each in Version] == [*VERSIONS]
    assert sorted(Version) == [*Version]


def test_internal_servers_are_2013_or_later_and_older_ones_are_neighbors() -> None:
    assert [each.value for each in MANAGED] == ["2013", "2016", "2019", "se"]
    assert [each.value for each in OLDER] == ["2007", "2010"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_facts_of_a_version_are_those_of_the_documents(version: str) -> None:
    facts = Version(version).facts
    assert (facts.article, facts.combined, facts.support_ended) == FACTS[version]


@pytest.mark.parametrize("older, newer", PAIRS)
def test_two_versions_are_together_as_the_requirements_say(older: str, newer: str) -> None:
    one, other = Version(older), Version(newer)
    expected = COEXIST.get((older, newer))
    found = coexistence(one, other)
    assert found == coexistence(other, one)
    assert (found.minimum if found else None) == expected
    assert together(one, other) is together(other, one) is (expected is not None)
    if found is None:
        for several in ((one, other), (other, one)):
            why = why_not(*several)
            assert one.full_name in why
            assert other.full_name in why
            assert 'system requirements"' in why or '"Upgrade to Exchange Server SE"' in why


def test_a_version_is_together_with_itself() -> None:
    assert all(together(each, each) for each in Version)
    assert all(coexistence(each, each) is None for each in Version)


def test_each_pair_is_listed_once_the_older_version_first() -> None:
    listed = [(each.older, each.newer) for each in COEXISTENCE]
    assert len(set(listed)) == len(listed)
    assert all(older < newer for older, newer in listed)
    assert all(each.source for each in COEXISTENCE)


def test_setup_of_se_is_the_reason_that_excludes_2013() -> None:
    assert why_not(Version.SE, Version.EXCHANGE_2013) == (
        "Setup of Exchange Server SE stops while an Exchange 2013 server exists "
        '("Upgrade to Exchange Server SE").'
    )
    assert why_not(Version.EXCHANGE_2010, Version.EXCHANGE_2019) == (
        "Exchange 2019 does not support Exchange 2010 in its organization "
        '("Exchange Server system requirements").'
    )


@pytest.mark.parametrize(
    "version, name",
    [("2010", "Exchange 2010"), ("2016", "Exchange 2016"), ("se", "Exchange Server SE")],
)
def test_a_version_in_a_sentence(version: str, name: str) -> None:
    assert Version(version).full_name == name


def test_the_articles_are_two_pages_of_two_libraries() -> None:
    assert len({article.ports for article in Article}) == len(Article) == 2
    for article in Article:
        assert article.ports.startswith("https://learn.microsoft.com/exchange/")
        assert article.library.startswith("https://learn.microsoft.com/exchange/")
    assert Article.LATER.ports.endswith("/plan-and-deploy/deployment-ref/network-ports")

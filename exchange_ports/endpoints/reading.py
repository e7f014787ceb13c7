"""Plain data -> a snapshot, or everything that is wrong with it.

Two shapes are read: the sets that we write ourselves (`written`), and the records of the web service,
alone as a list or as `records` beside an instance and a version. Source: m365-data.md 2.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import Final, cast

from exchange_ports.endpoints.records import Record, belongs, sets_of
from exchange_ports.endpoints.snapshot import EndpointSet, Instance, Selection, Snapshot, date_of
from exchange_ports.findings import Finding, Kind, Path, Refused, nearest
from exchange_ports.findings import endpoint_kinds as kinds
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.traffic.addresses import (
    GLOBAL_UNICAST,
    Network,
    inside,
    network,
    overlap,
    without_covered,
)
from exchange_ports.traffic.ports import HIGHEST_PORT

#: Entries. Worldwide, the service has about 65 records, and no set has 50 ranges or 40 names.
MOST_RECORDS: Final = 1000
MOST_ENTRIES: Final = 1000

#: A wider range is not one of Microsoft 365: it has /13 and /36, and for single instances /39.
_WIDEST: Final[Mapping[int, int]] = {4: 8, 6: 24}
#: Addresses that no host on the Internet has (exchange.md 15; RFC 1918, 6598, 1122, 3927, 1112).
_NOT_PUBLIC: Final = tuple(
    map(
        network,
        (
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
            *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"),
        ),
    )
)
#: A host name as the service writes them: `*` stands for any text, also inside.
_NAME: Final = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9*_-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}")
_PORTS: Final = re.compile(r"\s*([0-9]{1,5})\s*(?:-\s*([0-9]{1,5})\s*)?")

#: No version has so many digits.
_BIGGEST: Final = 10**12
_SNAPSHOT_KEYS: Final = ("instance", "version", "source", "sets", "note")
_SET_KEYS: Final = ("ranges", "names", "records", "basis")
_EXAMPLES: Final[Mapping[str, str]] = {
    "instance": "instance: worldwide",
    "version": 'version: "2026081400"',
    "sets": "sets: {hybrid_mail: {ranges: [40.92.0.0/15]}}",
    "id": "id: 10",
    "serviceArea": "serviceArea: Exchange",
}
_WRITE_SETS: Final = "Write a mapping with `instance`, `version`, `source` and `sets`."


def read_snapshot(
    data: object,
    at: Path = (),
    *,
    instance: Instance | None = None,
    version: str | None = None,
) -> Snapshot:
    """The snapshot that plain data declares; findings have paths that begin with `at`.

    `instance` and `version` are used where the data has none of its own, as the answer of the web service.

    :raises Refused: with everything that is wrong.
    """
    reader = _Reader(at, instance, version)
    snapshot = reader.snapshot(data)
    if reader.findings or snapshot is None:
        raise Refused(reader.findings)
    return snapshot


@dataclass
class _Reader:
    """Goes through the data and collects every fault."""

    at: Path
    instance: Instance | None
    version: str | None
    findings: list[Finding] = field(default_factory=list[Finding])

    # ---- the whole ----

    def snapshot(self, data: object) -> Snapshot | None:
        if isinstance(data, list):
            # Of another instance its host names tell.
            self.instance = self.instance or Instance.WORLDWIDE
            return self._of_records(cast("list[object]", data), (), {})
        if not isinstance(data, dict):
            self._add(kinds.NOT_ENDPOINTS, (), what=f"it is {_type(data)}", fix=_WRITE_SETS)
            return None
        given = self._mapping(cast("object", data), ())
        if self.findings:
            return None
        if "records" in given and "sets" not in given:
            records = self._list(given["records"], ("records",), MOST_RECORDS)
            return self._of_records(records, ("records",), given)
        if "sets" in given:
            return self._of_sets(given)
        what = "it has neither `sets` nor `records`"
        self._add(kinds.NOT_ENDPOINTS, (), what=what, fix=_WRITE_SETS)
        return None

    def _of_sets(self, given: dict[str, object]) -> Snapshot | None:
        self._known_keys(given, (), _SNAPSHOT_KEYS)
        head = self._head(given)
        sets: dict[EndpointSet, Selection] = {}
        declared = self._mapping(given["sets"], ("sets",))
        for name, value in declared.items():
            which = self._set_named(name)
            if which is not None:
                sets[which] = self._selection(which, value, ("sets", name))
        if not declared:
            self._empty_list(("sets",))
        return None if head is None else Snapshot(*head, _in_order(sets), self._note(given))

    def _of_records(
        self, records: list[object], at: Path, given: Mapping[str, object]
    ) -> Snapshot | None:
        head = self._head(given)
        if len(records) > MOST_RECORDS:
            self._add(kinds.TOO_MANY, at, count=len(records), most=MOST_RECORDS)
            return None
        read = [self._record(each, (*at, index)) for index, each in enumerate(records)]
        if any(each is None for each in read):
            return None
        sets = sets_of(each for each in read if each is not None)
        for which in EndpointSet:
            if which.needs_addresses:
                fix = "Download the whole answer again, without a filter by service area and without `NoIPv6`."
                self._check_addresses(which, sets.get(which), at, fix)
        if head is not None and EndpointSet.EXCHANGE_ONLINE in sets:
            self._check_instance(head[0], sets[EndpointSet.EXCHANGE_ONLINE], at)
        return None if head is None else Snapshot(*head, _in_order(sets), self._note(given))

    def _check_instance(self, instance: Instance, selection: Selection, at: Path) -> None:
        """An answer of the service does not say of which instance it is, but its host names do."""
        for name in selection.names:
            found = next((each for each, ends in _HOSTS if name.endswith(ends)), None)
            if found not in (None, instance):
                self._add(kinds.OTHER_INSTANCE, at, got=found, instance=instance)
                return

    def _head(self, given: Mapping[str, object]) -> tuple[Instance, str, str] | None:
        """The instance, the version and the source; None where one of the first two is wrong."""
        instance, version = self._instance(given), self._version(given)
        source = self._text(given.get("source", _SERVICE), ("source",)) or _SERVICE
        return None if instance is None or version is None else (instance, version, source)

    def _instance(self, given: Mapping[str, object]) -> Instance | None:
        if "instance" not in given:
            if self.instance is None:
                self._missing((), "instance", "Each instance has addresses of its own.")
            return self.instance
        word = self._text(given["instance"], ("instance",))
        if word is None:
            return None
        found = Instance.named(word)
        if found is None:
            known = ", ".join(f"`{each}`" for each in Instance)
            what = f'instance "{word}" of Microsoft 365'
            self._add(_UNKNOWN_WORD, ("instance",), what=what, fix=f"Write one of {known}.")
        elif self.instance not in (None, found):
            facts = {"got": found.value, "instance": str(self.instance)}
            self._add(kinds.OTHER_INSTANCE, ("instance",), **facts)
        return found

    def _version(self, given: Mapping[str, object]) -> str | None:
        value = given.get("version")
        if value is None:
            value = self.version
        if value is None:
            instance = Instance.named(str(given.get("instance", ""))) or self.instance
            service = (instance or Instance.WORLDWIDE).service_name
            self._add(kinds.NO_VERSION, (), service=service)
            return None
        # YAML reads ten digits without quotes as a number.
        whole = isinstance(value, int) and not isinstance(value, bool) and 0 < value < _BIGGEST
        text = str(value) if whole else self._text(value, ("version",))
        if text is not None and date_of(text) is None:
            self._add(kinds.BAD_VERSION, ("version",), version=text)
            return None
        return text

    def _note(self, given: Mapping[str, object]) -> str:
        return self._text(given.get("note", ""), ("note",)) or ""

    # ---- sets ----

    def _set_named(self, name: str) -> EndpointSet | None:
        known = [each.value for each in EndpointSet]
        if name in known:
            return EndpointSet(name)
        meant = nearest(name, known)
        fix = f'Did you mean "{meant}"?' if meant else f"Write one of {', '.join(known)}."
        self._add(_UNKNOWN_WORD, ("sets", name), what=f'endpoint set "{name}"', fix=fix)
        return None

    def _selection(self, which: EndpointSet, value: object, at: Path) -> Selection:
        before = len(self.findings)
        given = self._mapping(value, at)
        self._known_keys(given, at, _SET_KEYS)
        selection = Selection(
            which,
            without_covered(self._ranges(given.get("ranges", []), (*at, "ranges"))),
            tuple(sorted(set(self._names(given.get("names", []), (*at, "names"))))),
            tuple(sorted(set(self._numbers(given.get("records", []), (*at, "records"))))),
            self._text(given.get("basis", ""), (*at, "basis")) or "",
        )
        if len(self.findings) == before:
            fix = "Add its ranges, or remove the set if the stack does not use it."
            self._check_addresses(which, selection, at, fix)
        return selection

    def _check_addresses(
        self, which: EndpointSet, selection: Selection | None, at: Path, fix: str
    ) -> None:
        """A set of which rules are made has IPv4 addresses; any other has names at least."""
        if selection is None or not (selection.ranges or selection.names):
            what = "addresses" if which.needs_addresses else "addresses and no names"
            self._add(kinds.EMPTY_SET, at, set=which, what=what, fix=fix)
        elif which.needs_addresses and not selection.ranges_of(4):
            self._add(kinds.EMPTY_SET, at, set=which, what="IPv4 addresses", fix=fix)

    # ---- records ----

    def _record(self, value: object, at: Path) -> Record | None:
        before = len(self.findings)
        given = self._mapping(value, at)
        if len(self.findings) > before:
            return None
        number = given.get("id")
        area = self._text(given.get("serviceArea"), (*at, "serviceArea"), "serviceArea")
        category = self._text(given.get("category") or "", (*at, "category")) or ""
        if not isinstance(number, int) or isinstance(number, bool):
            self._wrong((*at, "id") if "id" in given else at, number, "a number", "id")
            return None
        urls = given.get("urls") or _NONE
        names = self._texts(urls, (*at, "urls"))
        record = Record(
            number,
            area or "",
            category,
            given.get("required") is True,
            self._ports(given.get("tcpPorts"), (*at, "tcpPorts")),
            self._ports(given.get("udpPorts"), (*at, "udpPorts")),
            tuple(names),
            (),
        )
        if not any(belongs(record, which) for which in EndpointSet):
            # What no rule and no report comes from is not checked: the service may add to it.
            return record if len(self.findings) == before else None
        names = self._names(urls, (*at, "urls"))
        # The service leaves `ips` out where there are none.
        ranges = self._ranges(given.get("ips") or _NONE, (*at, "ips"))
        if len(self.findings) > before:
            return None
        return Record(
            *(number, record.service_area, category, record.required, record.tcp, record.udp),
            tuple(names),
            tuple(ranges),
        )

    def _ports(self, value: object, at: Path) -> frozenset[int]:
        """The ports of a record: `80,443`, with blanks or not; absent where there are none."""
        if value is None or value == "":
            return frozenset()
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        text = self._text(value, at)
        if text is None:
            return frozenset()
        found: set[int] = set()
        for part in text.split(","):
            match = _PORTS.fullmatch(part)
            first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
            if not 1 <= first <= last <= HIGHEST_PORT:
                self._add(kinds.BAD_PORTS, at, ports=text)
                return frozenset()
            found.update(range(first, last + 1))
        return frozenset(found)

    # ---- values ----

    def _ranges(self, value: object, at: Path) -> list[Network]:
        several = enumerate(self._list(value, at, MOST_ENTRIES))
        read = (self._range(each, (*at, index)) for index, each in several)
        return [each for each in read if each is not None]

    def _range(self, value: object, at: Path) -> Network | None:
        text = self._text(value, at)
        if text is None:
            return None
        try:
            found = network(text)
        except ValueError:
            meant = _with_host_bits(text)
            if meant is None:
                self._add(_BAD_RANGE, at, range=text)
            else:
                self._add(_HOST_BITS, at, range=text, meant=meant)
            return None
        widest = _WIDEST[found.version]
        if found.prefixlen < widest:
            what, fix = f"it is wider than /{widest}", "Write the ranges of the published list."
            self._add(kinds.BAD_RANGE, at, range=found, what=what, fix=fix)
            return None
        if found.version == 6 and not inside(found, GLOBAL_UNICAST):  # noqa: PLR2004
            what = f"it is not in {GLOBAL_UNICAST}, the public addresses of IPv6"
            self._add(kinds.BAD_RANGE, at, range=found, what=what, fix="Remove the range.")
            return None
        private = next((each for each in _NOT_PUBLIC if overlap(found, each)), None)
        if private is not None:
            what = f"it contains addresses of {private}, which are not public"
            self._add(kinds.BAD_RANGE, at, range=found, what=what, fix="Remove the range.")
            return None
        return found

    def _names(self, value: object, at: Path) -> Iterator[str]:
        for index, text in enumerate(self._texts(value, at)):
            if _NAME.fullmatch(text):
                yield text
            else:
                self._add(kinds.BAD_NAME, (*at, index), name=text)

    def _texts(self, value: object, at: Path) -> list[str]:
        several = enumerate(self._list(value, at, MOST_ENTRIES))
        read = (self._text(each, (*at, index)) for index, each in several)
        return [each for each in read if each is not None]

    def _numbers(self, value: object, at: Path) -> Iterator[int]:
        for index, each in enumerate(self._list(value, at, MOST_ENTRIES)):
            if isinstance(each, int) and not isinstance(each, bool):
                yield each
            else:
                self._wrong((*at, index), each, "a number")

    def _text(self, value: object, at: Path, key: str = "") -> str | None:
        if isinstance(value, str) and value.isprintable():
            return value
        if isinstance(value, str):
            self._wrong(at, value, "text on one line", got="text with control characters")
        else:
            self._wrong(at, value, "text", key)
        return None

    def _list(self, value: object, at: Path, most: int) -> list[object]:
        if not isinstance(value, list):
            self._wrong(at, value, "a list in brackets")
            return []
        several = cast("list[object]", value)
        if len(several) > most:
            self._add(kinds.TOO_MANY, at, count=len(several), most=most)
            return []
        return several

    def _mapping(self, value: object, at: Path) -> dict[str, object]:
        if not isinstance(value, dict):
            self._wrong(at, value, "a mapping")
            return {}
        given = cast("dict[object, object]", value)
        if len(given) > MOST_ENTRIES:
            self._add(kinds.TOO_MANY, at, count=len(given), most=MOST_ENTRIES)
            return {}
        if not all(isinstance(key, str) for key in given):
            self._wrong(at, given, "a mapping with text for keys")
            return {}
        return cast("dict[str, object]", given)

    def _known_keys(self, given: Mapping[str, object], at: Path, known: tuple[str, ...]) -> None:
        for key in given:
            if key not in known:
                meant = nearest(key, known)
                listed = ", ".join(f"`{each}`" for each in known)
                fix = f"Did you mean `{meant}`?" if meant else f"Known keys are {listed}."
                self._add(_UNKNOWN_KEY, (*at, key), key=key, fix=fix)

    # ---- findings ----

    def _add(self, kind: Kind, at: Path, **facts: object) -> None:
        self.findings.append(kind.at((*self.at, *at), **facts))

    def _missing(self, at: Path, key: str, why: str) -> None:
        self._add(_MISSING_KEY, at, key=key, why=why, example=_EXAMPLES[key])

    def _empty_list(self, at: Path) -> None:
        self._add(BY_CODE["empty-list"], at, fix="Add at least one entry.")

    def _wrong(self, at: Path, value: object, expected: str, key: str = "", got: str = "") -> None:
        if key and value is None:
            self._missing(at[:-1] if at[-1:] == (key,) else at, key, "Records are selected by it.")
            return
        facts = {"expected": expected, "got": got or _type(value), "fix": f"Write {expected}."}
        self._add(_WRONG_TYPE, at, **facts)


#: How the hosts of Exchange Online end in each instance (m365-data.md 3 and 4). DoD has two of its own.
_HOSTS: Final = (
    (Instance.DOD, (".apps.mil", "-dod.office365.us")),
    (Instance.GCC_HIGH, (".office365.us",)),
    (Instance.CHINA, ("partner.outlook.cn",)),
    (Instance.WORLDWIDE, (".office365.com", ".office.com")),
)
#: For what a record leaves out.
_NONE: Final[list[object]] = []
#: Where a snapshot comes from that does not say it.
_SERVICE: Final = "endpoints.office.com"
_UNKNOWN_KEY: Final = BY_CODE["unknown-key"]
_UNKNOWN_WORD: Final = BY_CODE["unknown-word"]
_MISSING_KEY: Final = BY_CODE["missing-key"]
_WRONG_TYPE: Final = BY_CODE["wrong-type"]
_BAD_RANGE: Final = BY_CODE["bad-range"]
_HOST_BITS: Final = BY_CODE["host-bits"]


def _type(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a mapping" if isinstance(value, dict) else "a list"


def _with_host_bits(text: str) -> Network | None:
    """The network around an address with a prefix length; None where it is none."""
    if not re.fullmatch(r"[0-9a-fA-F:.]{1,50}/[0-9]{1,3}", text):
        return None
    try:
        return ip_interface(text).network
    except ValueError:
        return None


def _in_order(sets: Mapping[EndpointSet, Selection]) -> dict[EndpointSet, Selection]:
    return {which: sets[which] for which in EndpointSet if which in sets}

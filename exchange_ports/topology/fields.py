"""The small values of a stack file: names, addresses, ranges, ports and the ends of a flow.

Each is written as text and becomes a typed value here, or an error with one of our own codes
(`findings.declared`). Must not know what the values are used for.
"""

import json
import re
from collections.abc import Callable
from enum import StrEnum
from importlib import import_module
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface
from typing import Annotated, Any, Final, NamedTuple, Self

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from exchange_ports.catalog import SERVICES, Service
from exchange_ports.traffic.addresses import Network, network
from exchange_ports.traffic.ports import HIGHEST_PORT, PortRange, Ports, Protocol
from exchange_ports.versions import MANAGED, OLDER, Version

#: Azure is the strictest: letters, digits, `_`, `.` and `-`, ending in a letter, digit or `_`
#: (azure.md 1). The dot is left out because our group names use it (`mailbox.hq`).
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38}[A-Za-z0-9_])?")
NAME_RULE: Final = (
    "letters, digits, - and _, at most 40 characters, the first a letter or digit, the last not -"
)
#: What a group stands for, and whose it is: `topology.groups` knows which there are.
_GROUP_KEY: Final = re.compile(rf"[a-z-]+(?:\.{_NAME.pattern})?")
_GROUP_KEY_RULE: Final = "a kind of group and the site or server that it is of, as mailbox.paris"

#: Words that stand for servers in `from` and `to` of an additional flow.
ROLE_WORDS: Final = ("exchange", "client_access", "mailbox", "edge")
INTERNET_WORD: Final = "internet"

#: 0.0.0.0/0 and ::/0 in reports and in questions; no field of a topology has this word as an end.
ANY_WORD: Final = "any"


def _must_be_text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("wrong-type", "", {"expected": what, "got": plain_type(value)})
    return value


def plain_type(value: object) -> str:
    """What a person would call the type of a value from a stack file."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a mapping" if isinstance(value, dict) else "a list"


def is_name(text: str) -> bool:
    """Whether a server, site, network or organization may be called so."""
    return _NAME.fullmatch(text) is not None


def _name(value: object) -> str:
    text = _must_be_text(value, "a name")
    if not is_name(text):
        raise PydanticCustomError("bad-name", "", {"name": text, "rule": NAME_RULE})
    return text


def _group_key(value: object) -> str:
    text = _must_be_text(value, "the key of a group")
    if not _GROUP_KEY.fullmatch(text):
        raise PydanticCustomError("bad-name", "", {"name": text, "rule": _GROUP_KEY_RULE})
    return text


#: What people paste from a cloud's console in place of addresses: what it is, and what to write.
_OF_CLOUDS: Final = tuple(
    (re.compile(pattern), what, fix)
    for pattern, what, fix in (
        (
            r"sg-[0-9a-f]{8,17}",
            "the id of a security group",
            "Write a role, a server, or the addresses of the hosts in the group, such as `10.20.6.0/24`.",
        ),
        (
            r"pl-[0-9a-f]{8,17}",
            "the id of a prefix list",
            "Write the ranges of the list, such as `10.20.6.0/24`.",
        ),
        (
            r"/subscriptions/\S+",
            "the id of an Azure resource",
            "Write the addresses of its hosts, such as `10.20.6.0/24`.",
        ),
        (
            r"vpc-[0-9a-f]{8,17}",
            "the id of a VPC",
            "Write the ranges of the VPC, such as `10.20.0.0/16`.",
        ),
        (
            r"subnet-[0-9a-f]{8,17}",
            "the id of a subnet",
            "Write the ranges of the subnet, such as `10.20.6.0/24`.",
        ),
        (
            r"(?:i|eni)-[0-9a-f]{8,17}",
            "the id of an instance or a network interface",
            "Write the server, or the address, such as `10.20.6.10`.",
        ),
        (
            r"(?i:asg|nsg)-[A-Za-z0-9._-]+",
            "probably the name of a security group in Azure",
            "Write a role, a server, or the addresses of the hosts in the group, such as `10.20.6.0/24`.",
        ),
        (
            r"(?!internet$)(?i:internet)",
            "the service tag of public addresses",
            "Write `internet` in small letters.",
        ),
        (
            r"(?:ActionGroup|ApiManagement|AppConfiguration|AppService|Azure[A-Z][A-Za-z0-9]*|"
            r"BatchNodeManagement|DataFactory|Dynamics365[A-Za-z]*|EventHub|GatewayManager|KeyVault|"
            r"Office365[A-Za-z]*|PowerBI|ServiceBus|ServiceFabric|Sql|SqlManagement|Storage|VirtualNetwork|"
            r"Windows(?:AdminCenter|VirtualDesktop))(?:\.[A-Za-z0-9]+)?",
            "an Azure service tag",
            "Write the ranges of the tag, or `internet` for public addresses.",
        ),
        (
            r"any|all|\*",
            "a word for all addresses",
            "Write `internet` for public addresses, or `0.0.0.0/0` for all addresses.",
        ),
    )
)


class CloudName(NamedTuple):
    """A name that only a cloud knows: what it is, and what to write in its place."""

    what: str
    fix: str


def cloud_name(text: str) -> CloudName | None:
    """What a cloud calls by a name of its own; None where the text is nothing like it."""
    return next((CloudName(w, fix) for known, w, fix in _OF_CLOUDS if known.fullmatch(text)), None)


def _refuse_cloud_name(text: str) -> None:
    known = cloud_name(text)
    if known is not None:
        raise PydanticCustomError("cloud-name", "", {"end": text, **known._asdict()})


#: Python also takes netmasks, hostmasks and scopes (`%eth0`), which no cloud's rule does.
_ADDRESS_LETTERS: Final = re.compile(r"[0-9a-fA-F:.]+(?:/[0-9]{1,3})?")


#: Labels with dots between, of which the last is no number: the name of a host.
_HOST: Final = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)+[A-Za-z][A-Za-z0-9-]{0,62}\.?")


def is_host_name(text: str) -> bool:
    """Whether a text has the form of a host name with a domain."""
    return _HOST.fullmatch(text) is not None


def _no_host_name(text: str) -> None:
    if is_host_name(text):
        raise PydanticCustomError("host-name", "", {"name": text})


def _range(value: object) -> Network:
    text = _must_be_text(value, "an address range as text")
    _refuse_cloud_name(text)
    _no_host_name(text)
    if _link_local_with_scope(text):
        raise PydanticCustomError("unusable-range", "", {"range": text, "what": "link-local"})
    if not _ADDRESS_LETTERS.fullmatch(text):
        raise PydanticCustomError("bad-range", "", {"range": text})
    try:
        return network(text)
    except ValueError:
        pass
    try:
        # Host bits are the usual slip: the network that was meant is known then.
        meant = ip_interface(text).network
    except ValueError:
        raise PydanticCustomError("bad-range", "", {"range": text}) from None
    raise PydanticCustomError("host-bits", "", {"range": text, "meant": str(meant)})


def _address(value: object) -> IPv4Address | IPv6Address:
    text = _must_be_text(value, "an address as text")
    _refuse_cloud_name(text)
    _no_host_name(text)
    if _link_local_with_scope(text):
        raise PydanticCustomError("unusable-address", "", {"address": text})
    if not _ADDRESS_LETTERS.fullmatch(text):
        raise PydanticCustomError("bad-address", "", {"address": text})
    try:
        address = ip_address(text)
    except ValueError:
        raise PydanticCustomError("bad-address", "", {"address": text}) from None
    # Reserved: class E with the broadcast address, and IPv6 outside what is in use, such as
    # addresses of IPv4 in the clothes of IPv6.
    local = address.is_loopback or address.is_link_local or address.is_unspecified
    if local or address.is_multicast or address.is_reserved or address in _CLOUDS_OWN:
        raise PydanticCustomError("unusable-address", "", {"address": text})
    return address


#: Hosts of a cloud: health probes and name resolution, and the metadata service.
_CLOUDS_OWN: Final = frozenset((ip_address("168.63.129.16"), ip_address("fd00:ec2::254")))


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        got = plain_type(value)
        raise PydanticCustomError("wrong-type", "", {"expected": "a port number", "got": got})
    if not 1 <= value <= HIGHEST_PORT:
        raise PydanticCustomError("bad-port", "", {"port": value, "highest": HIGHEST_PORT})
    return value


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        whole = isinstance(value, int) and not isinstance(value, bool)
        got = str(value) if whole else plain_type(value)
        raise PydanticCustomError(
            "wrong-type", "", {"expected": "a whole number above 0", "got": got}
        )
    return value


def _version(known: tuple[Version, ...]) -> Callable[[object], Version]:
    """A version by its year, as a number or a word, or `se`."""

    def read(value: object) -> Version:
        if isinstance(value, bool) or not isinstance(value, int | str):
            expected = "a version such as 2016"
            raise PydanticCustomError(
                "wrong-type", "", {"expected": expected, "got": plain_type(value)}
            )
        for each in known:
            if str(value).strip().lower() == each:
                return each
        facts = {"version": value, **_other_version(str(value).strip().lower(), known)}
        raise PydanticCustomError("unknown-version", "", facts)

    return read


def _other_version(text: str, known: tuple[Version, ...]) -> dict[str, str]:
    """Why a version cannot be declared at a field, and what to write instead."""
    if text in OLDER:
        why = "Servers of this version are not declared one by one."
        fix = f"Declare their addresses in `other_exchange` of their site, with `version: {text}`."
        return {"why": why, "fix": fix}
    if text in tuple(MANAGED):
        why = "`other_exchange` is for servers of Exchange 2007 and 2010."
        fix = f"Declare each server in `servers` of its site, with `version: {text}`."
        return {"why": why, "fix": fix}
    return {"why": "", "fix": f"Write one of {', '.join(known)}, such as `version: {known[-1]}`."}


def _version_schema(known: tuple[Version, ...]) -> WithJsonSchema:
    years = [each for each in known if each.isdecimal()]
    words = [each.value for each in known if each not in years]
    return WithJsonSchema({"enum": [*map(int, years), *words, *map(str, years)]})


def read_ports(text: str) -> Ports:
    """The ports that `text` writes, as a stack file would: `25/tcp`, `5985-5986/tcp`, `icmp`, `any`.

    :raises PydanticCustomError: they are none; its type is the code of a finding, its context the facts.
    """
    return _ports(text)


_PORTS: Final = re.compile(
    r"(?P<first>0|[1-9][0-9]*)(?:-(?P<last>0|[1-9][0-9]*))?/(?P<protocol>tcp|udp)"
)
_NUMBERS: Final = re.compile(r"(?<![A-Za-z0-9])([0-9]+)(?:\s*[-:]\s*([0-9]+))?")
#: Words in place of ports that allow one reading only.
_NAMED: Final = {"icmpv6": "icmp", "ping": "icmp", "rdp": "3389/tcp", "all": "any", "*": "any"}
#: Shown where it is not clear which ports the author wants.
_SOME_PORTS: Final = str(SERVICES[Service.HTTPS].ports[0])
_WITHOUT_PORTS: Final = tuple(
    p.value for p in Protocol if not p.has_ports and p is not Protocol.ICMPV6
)


#: Protocols without ports that no flow can name, by name and by number.
_PROTOCOLS: Final = {
    word: what
    for what, words in (
        ("GRE (IP protocol 47)", ("gre", "47", "47/gre", "gre/47")),
        ("IP in IP (IP protocol 4)", ("ipip", "ipencap")),
        ("OSPF (IP protocol 89)", ("ospf",)),
        ("IGMP (IP protocol 2)", ("igmp",)),
    )
    for word in words
}


def _ports(value: object) -> Ports:
    if isinstance(value, int | str) and not isinstance(value, bool):
        known = _PROTOCOLS.get(str(value).strip().lower())
        if known is not None:
            text = str(value)
            raise PydanticCustomError("unsupported-protocol", "", {"ports": text, "what": known})
    if isinstance(value, int) and not isinstance(value, bool):
        # `25` alone is the usual slip: the protocol is missing.
        text = str(value)
        raise _bad_ports(text)
    text = _must_be_text(value, "ports as text")
    if text in _WITHOUT_PORTS:
        return Ports(Protocol(text))
    match = _PORTS.fullmatch(text)
    if match is None:
        raise _bad_ports(text)
    written = (match["first"], match["last"] or match["first"])
    # Longer digits would only cost time: no port has more than five.
    first, last = (int(digits[:6]) for digits in written)
    for port, digits in ((first, written[0]), (last, written[1])):
        if not 1 <= port <= HIGHEST_PORT:
            raise PydanticCustomError("bad-port", "", {"port": digits, "highest": HIGHEST_PORT})
    if first > last:
        raise _bad_ports(text, "The first port of a range is the lower one")
    return Ports(Protocol(match["protocol"]), (PortRange(first, last),))


def _bad_ports(text: str, why: str = "") -> PydanticCustomError:
    """That a text is no ports, why not, and what to write."""
    if not why and text.strip().lower() not in _NAMED:
        protocol = re.search(r"tcp|udp", text, re.IGNORECASE)
        why = (
            "Each entry is a port or port range, a slash, and the protocol"
            if protocol
            else "TCP and UDP use the same port numbers, so the protocol is required"
        )
    facts = {"ports": text, "meant": _likely(text), "why": why and f"{why}."}
    return PydanticCustomError("bad-ports", "", facts)


def _likely(text: str) -> str:
    """All ports that a text names, as entries of a list that can be read."""
    ranges = [
        sorted(int(part) for part in found if part)
        for found in _NUMBERS.findall(text)
        if all(len(part) <= len(str(HIGHEST_PORT)) for part in found)
    ]
    named = _NAMED.get(text.strip().lower())
    if named:
        return named
    protocol = Protocol.UDP if "udp" in text.lower() else Protocol.TCP
    if not ranges and text.strip().lower() == protocol:
        ranges = [[1, HIGHEST_PORT]]
    if not ranges or any(several[-1] > HIGHEST_PORT or several[-1] < 1 for several in ranges):
        return _SOME_PORTS
    # 0 is no port; who writes a range from 0 means all from 1 on.
    spans = (PortRange(max(1, several[0]), several[-1]) for several in ranges)
    return ", ".join(str(Ports(protocol, (span,))) for span in spans)


def _link_local_with_scope(text: str) -> bool:
    """Whether it is an address that only one link has, with the interface behind `%`."""
    address, scope, _ = text.partition("%")
    try:
        return bool(scope) and ip_address(address).is_link_local
    except ValueError:
        return False


class EndpointKind(StrEnum):
    """What an end of a flow is. A flow's name for an end begins with the kind's word."""

    INTERNET = "internet"
    """Public addresses: the Internet without what is private or no unicast address."""
    ANY = "any"
    """Any address at all, the organization's own too."""
    ADDRESSES = "addresses"
    """What an operator gives as addresses or ranges."""
    PREFIX_LIST = "prefix-list"
    """A dated set of addresses that others publish."""
    SERVICE_TAG = "service-tag"
    """What a cloud calls by a name of its own."""
    ROLE = "role"
    """The servers with a role, of the whole organization or of a site."""
    SERVER = "server"
    """One server."""
    GROUP = "group"
    """The members of another network's group, by address."""
    DOMAIN_CONTROLLERS = "domain-controllers"
    ACCOUNTS_DOMAIN_CONTROLLERS = "accounts-domain-controllers"
    LYNC = "lync"
    OTHER_EXCHANGE = "other-exchange"
    CLIENTS = "clients"
    RELAY = "relay"
    WITNESS = "witness"
    NAME_SERVERS = "name-servers"
    EDGE_NAME_SERVERS = "edge-name-servers"
    SMART_HOSTS = "smart-hosts"
    INBOUND_MAIL = "inbound-mail"
    REPUTATION_PROXY = "reputation-proxy"
    # Of a hybrid deployment.
    WEB_SERVICE_SOURCES = "web-service-sources"
    HYBRID_AGENT = "hybrid-agent"
    AD_FS = "ad-fs"
    ENTRA_CONNECT = "entra-connect"
    IP_GATEWAY = "ip-gateway"
    FAX_PARTNER_SERVER = "fax-partner-server"


class FlowEnd(NamedTuple):
    """One end of an additional flow, as written: one of the words, a server, or a range.

    `word` is a role word, `internet`, or a server's name; empty where `range_` is given. `site` is
    what stands behind `@` and narrows a role word to that site.
    """

    word: str
    site: str | None = None
    range_: Network | None = None

    @classmethod
    def read(cls, value: object) -> Self:
        """The end that `value` writes.

        :raises PydanticCustomError: not text, or text that can be no end.
        """
        text = _must_be_text(value, "a role, a server, a range or internet")
        if _LIKE_ADDRESSES.fullmatch(text):
            return cls("", None, _range(text))
        word, at, site = text.partition("@")
        if not _NAME.fullmatch(text):
            _refuse_cloud_name(text)
            _no_host_name(text)
        if not _NAME.fullmatch(word) or (at and not _NAME.fullmatch(site)):
            raise PydanticCustomError("bad-endpoint", "", {"end": text})
        if at and word not in ROLE_WORDS:
            raise PydanticCustomError("bad-endpoint", "", {"end": text})
        return cls(word, site if at else None)

    @property
    def kind(self) -> EndpointKind:
        """What it names; a word that is no role is taken for a server, declared or not."""
        if self.range_ is not None:
            return EndpointKind.ADDRESSES
        if self.word == INTERNET_WORD:
            return EndpointKind.INTERNET
        return EndpointKind.ROLE if self.word in ROLE_WORDS else EndpointKind.SERVER

    @property
    def is_external(self) -> bool:
        """Whether it is addresses or the Internet, and so no servers of the topology."""
        return self.kind in (EndpointKind.ADDRESSES, EndpointKind.INTERNET)

    def __str__(self) -> str:
        if self.range_ is not None:
            return str(self.range_)
        return self.word if self.site is None else f"{self.word}@{self.site}"


def ends_of(declared: FlowEnd | tuple[FlowEnd, ...]) -> tuple[FlowEnd, ...]:
    """One end or several, as several. An `End` is itself a tuple, a named one."""
    return (declared,) if isinstance(declared, FlowEnd) else declared


class _EndReader:
    """What `PlainValidator` does, without a schema of the type that comes out.

    Pydantic asks for one in case the value is written again, and making it takes a tenth of the time
    that the models take to load.
    """

    def __init__(self, read: Callable[[object], object]) -> None:
        self._read = read

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)


def _text(kind: str, pattern: str | None, examples: list[Any], summary: str) -> WithJsonSchema:
    schema: dict[str, Any] = {"type": kind, "description": summary, "examples": examples}
    if pattern is not None:
        schema["pattern"] = f"^{pattern}$"
    return WithJsonSchema(schema)


Name = Annotated[
    str, _EndReader(_name), _text("string", _NAME.pattern, ["hq"], f"A name: {NAME_RULE}.")
]
GroupKey = Annotated[
    str,
    _EndReader(_group_key),
    _text(
        "string",
        _GROUP_KEY.pattern,
        ["mailbox.paris", "exchange"],
        "The key of a group, as plans and outputs name it.",
    ),
]
_RANGE_SCHEMA: Final = _text(
    "string",
    r"[0-9a-fA-F:.]+(/[0-9]{1,3})?",
    ["10.20.0.0/20", "2001:db8:10::/48"],
    "An address range of either family without host bits; an address alone is a range of one.",
)
_ADDRESS_SCHEMA: Final = _text(
    "string", r"[0-9a-fA-F:.]+", ["10.20.0.11"], "One address of either family."
)
Range = Annotated[Network, _EndReader(_range), _RANGE_SCHEMA]
Address = Annotated[IPv4Address | IPv6Address, _EndReader(_address), _ADDRESS_SCHEMA]
#: Whether text is an address or a range, or else a word: no word begins with a digit and has a dot.
_LIKE_ADDRESSES: Final = re.compile(r".*:.*|[0-9].*[./].*")


def _shape(value: object) -> str:
    if isinstance(value, str):
        return "<word>"
    return "<list>" if isinstance(value, list | tuple) else "<mapping>"


def _shape_of_ranges(value: object) -> str:
    return "<range>" if isinstance(value, str) else _shape(value)


def _shape_of_ranges_or_word(value: object) -> str:
    like = isinstance(value, str) and _LIKE_ADDRESSES.fullmatch(value)
    return "<range>" if like else _shape(value)


#: Tells the ways to write a field apart by shape, so that an error is about the one that was used.
#: Its tags appear in error locations and are taken out again by their brackets.
BY_SHAPE: Final = Discriminator(_shape)
#: The same where one address or range may stand for a list of one, beside no words.
BY_SHAPE_OF_RANGES: Final = Discriminator(_shape_of_ranges)
#: The same beside words.
BY_SHAPE_OF_RANGES_OR_WORD: Final = Discriminator(_shape_of_ranges_or_word)

OneAddress = Annotated[
    tuple[IPv4Address | IPv6Address, ...],
    _EndReader(lambda value: (_address(value),)),
    _ADDRESS_SCHEMA,
    Tag("<range>"),
]
OneRange = Annotated[
    tuple[Network, ...], _EndReader(lambda value: (_range(value),)), _RANGE_SCHEMA, Tag("<range>")
]
#: One range, or a list of at least one. What is read is always a tuple.
Ranges = Annotated[
    OneRange | Annotated[tuple[Range, ...], Field(min_length=1), Tag("<list>")],
    BY_SHAPE_OF_RANGES,
]
#: The same, and the list may be empty.
OptionalRanges = Annotated[
    OneRange | Annotated[tuple[Range, ...], Tag("<list>")], BY_SHAPE_OF_RANGES
]


class RangesAsMapping:
    """Reads ranges alone as the `addresses` of a mapping: `lync: [10.20.4.0/28]`."""

    def __get_pydantic_core_schema__(
        self, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        ranges = core_schema.no_info_after_validator_function(
            lambda read: source.model_construct(addresses=read), handler.generate_schema(Ranges)
        )
        ways = {"<mapping>": handler(source), "<list>": ranges, "<range>": ranges}
        return core_schema.tagged_union_schema(ways, _shape_of_ranges)


class Deferred:
    """Reads a model of another module, which is loaded when a file declares one.

    Every command loads the models of a topology. What few organizations have costs the others nothing.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def model(self) -> type[BaseModel]:
        """The model itself."""
        return getattr(import_module(self._module), self._name)

    def _read(self, value: object) -> object:
        if value is None:
            return None
        model = self.model()
        # As the topology itself is read: JSON is strict about text and numbers and knows no tuples.
        return (
            value
            if isinstance(value, model)
            else model.model_validate_json(json.dumps(value, default=str))
        )

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        model = self.model()
        model.model_rebuild()
        return {"anyOf": [handler(model.__pydantic_core_schema__), {"type": "null"}]}


Port = Annotated[
    int,
    _EndReader(_port),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": HIGHEST_PORT}),
]
EdgeVersion = Annotated[
    Version, _EndReader(_version(tuple(Version))), _version_schema(tuple(Version))
]
ServerVersion = Annotated[Version, _EndReader(_version(MANAGED)), _version_schema(MANAGED)]
OlderVersion = Annotated[Version, _EndReader(_version(OLDER)), _version_schema(OLDER)]
Count = Annotated[int, _EndReader(_count), WithJsonSchema({"type": "integer", "minimum": 1})]
PortsText = Annotated[
    Ports,
    _EndReader(_ports),
    _text(
        "string",
        f"([0-9]+(-[0-9]+)?/(tcp|udp)|{'|'.join(_WITHOUT_PORTS)})",
        ["3389/tcp", "5985-5986/tcp", "icmp"],
        "Ports with their protocol, or a protocol without ports; any is every protocol.",
    ),
]
FlowEndText = Annotated[
    FlowEnd,
    _EndReader(FlowEnd.read),
    _text(
        "string",
        None,
        ["edge", "mailbox@hq", "ex1", "10.20.6.0/24", "internet"],
        "A role (exchange, client_access, mailbox, edge), alone or at a site as mailbox@hq; a "
        "server by name; a range; or internet.",
    ),
]


def _words(value: object) -> str:
    text = _must_be_text(value, "words")
    if not text.strip() or not text.isprintable():
        raise PydanticCustomError("bad-text", "", {"words": text})
    return text


Words = Annotated[
    str,
    _EndReader(_words),
    _text("string", None, ["administration from the bastion"], "Words for a person, on one line."),
]

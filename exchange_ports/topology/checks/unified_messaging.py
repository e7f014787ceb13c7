"""Unified Messaging that cannot work as declared (V11), and what its declaration leaves without effect."""

from collections.abc import Iterator

from exchange_ports.catalog import BY_ID, SERVICES, StartupMode
from exchange_ports.findings import Finding, Path
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.topology import models
from exchange_ports.topology.checks.naming import listed, servers, sip_peers
from exchange_ports.topology.groups import ServerRole, roles_of, version_of
from exchange_ports.traffic.ports import Ports, Protocol, tcp

_PATH: Path = ("unified_messaging",)
_REMOVE = "Remove `unified_messaging`. Later versions use cloud voice mail."


def availability(topology: models.Topology) -> Iterator[Finding]:
    """Servers, sites and organizations without Unified Messaging, which 2019 and later do not have."""
    declared = topology.unified_messaging
    if declared is None:
        return
    with_um = {site for site, _ in _um_servers(topology)}
    internal = {key: server for _, _, key, server in servers(topology)}
    if internal and not with_um:
        fix = f"{_REMOVE} If a server has Exchange 2013 or 2016, declare its `version`."
        yield _unavailable(_PATH, "The organization", fix)
        return
    named = [((*_PATH, "sites"), declared.sites)]
    named += [((*path, "to"), peer.to) for path, peer in sip_peers(topology)]
    for path, names in named:
        for index, name in enumerate(names or ()):
            at: Path = (*path, index)
            if name in topology.sites:
                if name not in with_um:
                    yield _unavailable(at, f"Site {name}", "Remove the site.")
            elif name in internal and not _has_um(topology, internal[name]):
                version = version_of(topology, internal[name]).full_name
                fix = "Remove the server."
                yield _unavailable(at, f"{name} ({version})", fix)


def _unavailable(path: Path, what: str, fix: str) -> Finding:
    return BY_CODE["unified-messaging-unavailable"].at(path, what=what, fix=fix)


def _has_um(topology: models.Topology, server: models.Server) -> bool:
    return version_of(topology, server).facts.unified_messaging


def _um_servers(topology: models.Topology) -> list[tuple[str, str]]:
    """The servers that have Unified Messaging, each behind its site."""
    return [(site, key) for site, _, key, each in servers(topology) if _has_um(topology, each)]


def sources_of_calls(topology: models.Topology) -> Iterator[Finding]:
    """Unified Messaging without a telephone system, and Lync without the listeners that it needs."""
    declared = topology.unified_messaging
    if declared is None or declared.ip_gateways:
        return
    # In an environment with Lync there are no gateways: R2 has all of its traffic.
    with_lync = [key for key, site in topology.sites.items() if site.lync is not None]
    if not with_lync:
        yield BY_CODE["unified-messaging-without-peers"].at(_PATH)
        return
    if declared.startup_mode is StartupMode.TCP:
        yield BY_CODE["lync-needs-tls"].at(
            (*_PATH, "startup_mode") if "startup_mode" in declared.model_fields_set else _PATH,
            site=with_lync[0],
        )
    for key in declared.fax_partner_servers:
        yield BY_CODE["fax-with-lync"].at((*_PATH, "fax_partner_servers", key), name=key)


def roles(topology: models.Topology) -> Iterator[Finding]:
    """Peers that reach a call router and no Mailbox server, or the other way round."""
    declared = topology.unified_messaging
    if declared is None:
        return
    known = {*topology.sites, *(key for _, _, key, _ in servers(topology))}
    for path, peer in sip_peers(topology):
        names = peer.to or declared.sites or tuple(topology.sites)
        reached = [
            roles_of(topology, server)
            for site, _, key, server in servers(topology)
            if _has_um(topology, server)
            and (site in names or (key in names and key not in topology.sites))
        ]
        # Unknown names, and sites without Unified Messaging, are other findings.
        if not reached or not set(names) <= known:
            continue
        for role, words in _ROLES.items():
            if not any(role in each for each in reached):
                yield BY_CODE["peer-without-role"].at(
                    (*path, "to") if peer.to else path,
                    peer=path[-1],
                    role=words,
                    names=listed(names),
                )


_ROLES = {
    ServerRole.CLIENT_ACCESS: "Client Access",
    ServerRole.MAILBOX: "Mailbox",
}


def ports(topology: models.Topology) -> Iterator[Finding]:
    """Ports that cannot carry media or faxes, or that another service has; and ports without effect."""
    declared = topology.unified_messaging
    if declared is None:
        return
    yield from _media((*_PATH, "media_ports"), declared.media_ports)
    for key, gateway in declared.ip_gateways.items():
        yield from _media((*_PATH, "ip_gateways", key, "media_ports"), gateway.media_ports)
    for key, server in declared.fax_partner_servers.items():
        for index, each in enumerate(server.t38_ports or ()):
            if not each.protocol.has_ports:
                path: Path = (*_PATH, "fax_partner_servers", key, "t38_ports", index)
                (example,) = BY_ID["F9t"].ports
                yield BY_CODE["media-protocol"].at(
                    path,
                    what="Fax data (T.38)",
                    ports=each,
                    protocols="TCP or UDP",
                    example=example,
                )
    yield from _listening_ports(declared)


def _media(path: Path, declared: Ports | None) -> Iterator[Finding]:
    if declared is not None and declared.protocol is not Protocol.UDP:
        facts = {"what": "Media (RTP)", "protocols": "UDP", "example": "16384-32767/udp"}
        yield BY_CODE["media-protocol"].at(path, ports=declared, **facts)


def _listening_ports(declared: models.UnifiedMessaging) -> Iterator[Finding]:
    """The ports of the call router: those that are taken, and those of the other startup mode."""
    taken = {
        each: entry.summary
        for entry in (*SERVICES.values(), BY_ID["M1"], BY_ID["U2"], BY_ID["U3"])
        for several in entry.ports
        for each in _single(several)
    }
    for field, unused in (
        ("sip_tcp_listening_port", StartupMode.TLS),
        ("sip_tls_listening_port", StartupMode.TCP),
    ):
        port = tcp(int(getattr(declared, field)))
        if declared.startup_mode is unused:
            if field in declared.model_fields_set:
                yield BY_CODE["unused-listening-port"].at(
                    (*_PATH, field), field=field, mode=declared.startup_mode
                )
            continue
        if port in taken:
            yield BY_CODE["port-of-another-service"].at(
                (*_PATH, field), service="The UM Call Router", ports=port, other=taken[port]
            )
        taken[port] = f"{field} of the UM Call Router"


def _single(several: Ports) -> Iterator[Ports]:
    for range_ in several.ranges:
        yield from (tcp(number) for number in range(range_.first, range_.last + 1))


def used_twice(topology: models.Topology) -> Iterator[Finding]:
    """Addresses of two IP gateways, which Exchange reports as an error (event 1175)."""
    first: set[object] = set()
    for path, peer in sip_peers(topology):
        for address in peer.addresses if "ip_gateways" in path else ():
            if address in first:
                yield BY_CODE["neighbor-listed-twice"].at((*path, "address"), what=address)
            first.add(address)


def later_versions(topology: models.Topology) -> Iterator[Finding]:
    """Servers of later versions that are in the groups to which the rules go."""
    declared = topology.unified_messaging
    if declared is None:
        return
    with_um = dict(_um_servers(topology))
    used = {
        name
        for _, peer in sip_peers(topology)
        for name in peer.to or declared.sites or tuple(topology.sites)
    }
    for site, _, key, server in servers(topology):
        if site in used and site in with_um and not _has_um(topology, server):
            yield BY_CODE["unified-messaging-beside-later-version"].at(
                ("sites", site, "servers", key),
                server=key,
                version=version_of(topology, server).full_name,
                site=site,
                example=with_um[site],
            )

"""The real addresses of servers, held against those that the topology declares.

A plan has declared addresses, so that a preview is complete and every rule is proved. The address that the
cloud gave a server may be known only during the update. Then whatever names a cloud id waits for it: a
difference stops the program before a group or rule of the component is created or changed.
"""

import asyncio
from collections.abc import Awaitable, Iterator, Mapping
from ipaddress import ip_address
from typing import Any, Final, TypeVar, cast

import pulumi

from exchange_ports.component.errors import AddressMismatch
from exchange_ports.findings import Finding, Path, nearest
from exchange_ports.findings.topology_kinds import BY_CODE
from exchange_ports.planning import Plans
from exchange_ports.topology.fields import plain_type
from exchange_ports.topology.validate import as_mapping
from exchange_ports.traffic.addresses import Address

_T = TypeVar("_T")

#: The argument, and where findings about it are.
ADDRESSES: Final = "addresses"


class RealAddresses:
    """What a program gives for `addresses`, with the declared addresses of each server."""

    def __init__(self, given: object, plans: Plans, previous: Plans | None) -> None:
        """Hold what is given against the topology, and against the one that is deployed, if there is one."""
        self._all = given
        self._given = as_mapping(given) or {}
        # While an update is under way, a server has the address of before or of after.
        both = [each.inventory.by_name for each in (previous, plans) if each is not None]
        self._servers = {name: server for known in both for name, server in known.items()}
        self._declared = {
            name: tuple(
                dict.fromkeys(
                    address
                    for known in both
                    if name in known
                    for address in known[name].declared_addresses
                )
            )
            for name in self._servers
        }

    def check(self) -> Iterator[Finding]:
        """What is wrong as far as it is known before anything is registered."""
        if as_mapping(self._all) is None:
            facts = {"expected": "a mapping", "got": plain_type(self._all)}
            fix = "Write a mapping from the names of servers to their addresses."
            yield BY_CODE["wrong-type"].at((ADDRESSES,), fix=fix, **facts)
        for name, value in self._given.items():
            at: Path = (ADDRESSES, name)
            if name not in self._servers:
                near = nearest(name, self._servers)
                known = f"Declared servers are {', '.join(sorted(self._servers))}."
                fix = f'Did you mean "{near}"?' if near else known
                yield BY_CODE["undeclared"].at(at, name=name, what="server", fix=fix)
            elif not self._declared[name]:
                path = ".".join(map(str, self._servers[name].path))
                yield BY_CODE["address-not-declared"].at(at, server=name, path=path)
            elif not _later(value):
                yield from self._difference(name, value)

    def waiting(self) -> "asyncio.Future[None] | None":
        """What ends when all addresses are known to be as declared; None where none is known later.

        In a preview, an address that is not known yet is taken for the declared one.
        """
        later = {name: value for name, value in self._given.items() if _later(value)}
        return asyncio.ensure_future(self._compared(later)) if later else None

    async def _compared(self, later: Mapping[str, Any]) -> None:
        found: list[Finding] = []
        for name, value in later.items():
            output = pulumi.Output.from_input(value)
            known, secret = await output.is_known(), await output.is_secret()
            if known:
                found += self._difference(name, await output.future(), secret=secret)
        if found:
            raise AddressMismatch(found)

    def _difference(self, name: str, real: object, *, secret: bool = False) -> Iterator[Finding]:
        at: Path = (ADDRESSES, name)
        declared = self._declared[name]
        address = _address(real)
        if address is None:
            got = "a secret value" if secret else _shown(real)
            fix = "Pass one address, such as `instance.private_ip`."
            yield BY_CODE["wrong-type"].at(at, expected="an IP address", got=got, fix=fix)
        elif address not in declared:
            yield BY_CODE["address-differs"].at(
                at,
                server=name,
                real="another one, which is secret" if secret else address,
                declared=" or ".join(map(str, declared)),
                write="the real address" if secret else f"`{address}`",
                path=".".join(map(str, self._servers[name].path)),
            )


def _later(value: object) -> bool:
    """Whether a value is known only when Pulumi has it: an output, or another thing to wait for."""
    return isinstance(value, pulumi.Output | Awaitable)


def _address(value: object) -> Address | None:
    try:
        return ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else plain_type(value)


def after(waiting: "asyncio.Future[None] | None", ids: Mapping[str, Any]) -> dict[str, Any]:
    """Cloud ids, each known only after the addresses are; everything else of them is as before.

    No dependency is added: an instance that is replaced must not replace the groups that are attached to it.
    """
    if waiting is None:
        return dict(ids)
    return {key: _after(waiting, value) for key, value in ids.items()}


def _after(waiting: "asyncio.Future[None]", value: Any) -> Any:
    if isinstance(value, Mapping):
        return after(waiting, cast("Mapping[str, Any]", value))
    # Resources, such as a provider, register nothing of ours.
    return _held(waiting, value) if isinstance(value, str) or _later(value) else value


def _held(waiting: "asyncio.Future[None]", value: pulumi.Input[_T]) -> pulumi.Output[_T]:
    given = pulumi.Output.from_input(value)

    async def held() -> _T:
        await asyncio.shield(waiting)
        return cast("_T", await given.future(with_unknowns=True))

    # Begun here, so that none is left over if the addresses differ.
    known, secret = map(asyncio.ensure_future, (given.is_known(), given.is_secret()))
    return pulumi.Output(given.resources(), held(), known, secret)

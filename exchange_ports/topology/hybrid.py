"""A hybrid deployment with Exchange Online, as a stack file declares it.

Loaded when a file declares one (`fields.Deferred`), as most organizations are not hybrid. Must not know:
whether what is declared makes sense (`checks.hybrid`), nor what follows from it.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from exchange_ports.endpoints.inline import InlineSnapshot
from exchange_ports.endpoints.snapshot import Instance
from exchange_ports.topology import fields
from exchange_ports.topology.models import Declared


class HybridMode(StrEnum):
    """The modes of the Hybrid Configuration wizard, by the traffic that they need."""

    CLASSIC_MINIMAL = "classic_minimal"
    """Without hybrid mail. Express Hybrid has the same traffic."""
    CLASSIC_FULL = "classic_full"
    MODERN = "modern"
    """With the Hybrid Agent; with `mail` it is Modern Full, without it Modern Minimal."""


def _as_text(value: Any) -> Any:
    """Ten digits without quotes, which YAML reads as a number."""
    return str(value) if type(value) is int else value


def _pin_or_inline(value: object) -> str:
    return "<mapping>" if isinstance(value, dict | InlineSnapshot) else "<word>"


class WebServices(Declared):
    """Requests of Exchange Online to Exchange Web Services and Autodiscover."""

    source: (
        Annotated[
            Annotated[Literal["internet", "exchange_ranges"], Tag("<word>")]
            | fields.OneRange
            | Annotated[tuple[fields.Range, ...], Field(min_length=1), Tag("<list>")],
            fields.BY_SHAPE_OF_RANGES_OR_WORD,
        ]
        | None
    ) = Field(default=None, alias="from", examples=["internet", ["203.0.113.0/24"]])
    """The sources of the requests. Microsoft does not publish their addresses. `internet`: any, as for
    clients. `exchange_ranges`: the published ranges of Exchange Online, although mailbox moves can come from
    other addresses. Or ranges. Default: `internet`; in mode `modern`, none."""
    to: tuple[fields.Name, ...] | None = Field(
        default=None, min_length=1, examples=[["hq"], ["ex1"]]
    )
    """The sites or single servers that publish these services; in mode `modern`, those that the Hybrid Agent
    connects to. Single servers need `own_group`. Default: all published servers; in mode `modern`, all Client
    Access servers."""


class AdFs(Declared):
    """Active Directory Federation Services for federated sign-in. These hosts are neighbors."""

    servers: fields.Ranges = Field(examples=[["10.20.2.30"]])
    """The AD FS servers."""
    proxies: fields.OptionalRanges = Field(default=(), examples=[["10.20.240.30"]])
    """Their proxies in the perimeter (Web Application Proxy), which take requests from the Internet."""
    entra_connect: fields.OptionalRanges = Field(default=(), examples=[["10.20.2.31"]])
    """The servers of Microsoft Entra Connect (Azure AD Connect)."""


class Hybrid(Declared):
    """A hybrid deployment with Exchange Online."""

    mode: HybridMode = Field(examples=["classic_full"])
    """The mode that was chosen in the Hybrid Configuration wizard: `classic_minimal` (or Express),
    `classic_full`, or `modern`, with the Hybrid Agent."""
    endpoints: Annotated[
        Annotated[str, BeforeValidator(_as_text), Tag("<word>")]
        | Annotated[InlineSnapshot, Tag("<mapping>")],
        Discriminator(_pin_or_inline),
    ] = Field(examples=["2026081400"])
    """The version of the endpoint snapshot of Microsoft 365 that the rules use, in quotation marks, or a
    snapshot that `exchange-ports endpoints import` printed. It stays until it is changed here."""
    instance: Instance = Field(default=Instance.WORLDWIDE, examples=["worldwide"])
    """The instance of Microsoft 365: `worldwide` (also GCC), `china` (21Vianet), `gcc_high` or `dod`."""
    mail: (
        Annotated[
            Annotated[Literal["edge"], Tag("<word>")]
            | Annotated[tuple[fields.Name, ...], Field(min_length=1), Tag("<list>")],
            fields.BY_SHAPE,
        ]
        | None
    ) = Field(default=None, examples=["edge", ["hq"]])
    """The servers that exchange mail with Exchange Online: `edge` for all Edge servers, or a list of sites,
    single internal servers or single Edge servers. Single servers need `own_group`. Edge servers or internal
    servers, not both."""
    mx: Literal["on_premises", "exchange_online"] = Field(
        default="on_premises", examples=["exchange_online"]
    )
    """The destination of the organization's MX records. With `exchange_online`, Exchange Online receives mail from
    the Internet first, so `mail_flow.inbound` is `none` by default. Default: `on_premises`."""
    centralized_transport: bool = Field(default=False, examples=[True])
    """Whether the organization sends the mail of Exchange Online mailboxes to the Internet. It uses the rules of
    hybrid mail and of the Send connectors to the Internet."""
    web_services: WebServices = Field(
        default_factory=WebServices, examples=[{"to": ["hq"]}, {"from": "exchange_ranges"}]
    )
    """Requests of Exchange Online to Exchange Web Services and Autodiscover: free/busy, mailbox moves."""
    agent_hosts: tuple[fields.FlowEndText, ...] = Field(
        default=(), examples=[["10.20.7.40"], ["ex1"]]
    )
    """The hosts of the Hybrid Agent, in mode `modern`: addresses, or declared servers with `own_group`."""
    modern_authentication: bool = Field(default=False, examples=[True])
    """Whether hybrid modern authentication is used. It is not supported with the Hybrid Agent."""
    ad_fs: AdFs | None = Field(default=None, examples=[{"servers": ["10.20.2.30"]}])
    """AD FS servers and their proxies, if sign-in is federated. No rule of ours is at these hosts: the plan lists
    the traffic that other firewalls must allow."""

    @property
    def mail_names(self) -> tuple[str, ...]:
        """The sites and single servers that are named for hybrid mail."""
        return self.mail if isinstance(self.mail, tuple) else ()

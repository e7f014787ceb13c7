"""A snapshot that a stack file has in itself, as its fields; `reading` checks their values.

Loaded with the topology's models, so it loads nothing of the rest of the package but its words.
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from exchange_ports.endpoints.snapshot import EndpointSet, Instance


class _Inline(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


def _as_text(value: Any) -> Any:
    """Ten digits without quotes, which YAML reads as a number."""
    return str(value) if type(value) is int else value


class InlineSet(_Inline):
    """The endpoints of one set."""

    ranges: tuple[str, ...] = Field(
        default=(), examples=[["40.92.0.0/15"]], description="The address ranges of both families."
    )
    names: tuple[str, ...] = Field(
        default=(),
        examples=[["*.mail.protection.outlook.com"]],
        description="The host names, for reports. No rule is made of a name.",
    )
    records: tuple[int, ...] = Field(
        default=(),
        examples=[[10]],
        description="The numbers of the records of the web service from which they come.",
    )
    basis: str = Field(
        default="",
        examples=["all Exchange ranges of the published list"],
        description="Why the set consists of these endpoints, if they come from another source.",
    )


class InlineSnapshot(_Inline):
    """A dated copy of the endpoints of Microsoft 365, as `exchange-ports endpoints import` prints it."""

    instance: Instance = Field(
        examples=["worldwide"],
        description="The instance of Microsoft 365 that has these endpoints.",
    )
    version: Annotated[str, BeforeValidator(_as_text)] = Field(
        examples=["2026081400"],
        description="The version that the web service gave, or the date of the copy.",
    )
    source: str = Field(
        default="endpoints.office.com",
        examples=["endpoints.office.com"],
        description="Where the endpoints come from.",
    )
    note: str = Field(
        default="",
        examples=["copied from the published page"],
        description="What a reader should know about the copy.",
    )
    sets: dict[EndpointSet, InlineSet] = Field(
        examples=[{"hybrid_mail": {"ranges": ["40.92.0.0/15"]}}],
        description="The endpoints by what they are used for.",
    )

    def as_data(self) -> dict[str, Any]:
        """The snapshot as plain data, as the stack file has it."""
        return self.model_dump(mode="json", exclude_unset=True)

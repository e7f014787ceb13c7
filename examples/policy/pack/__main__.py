"""A CrossGuard policy pack: no rule beside those of the component, and no open perimeter."""

from collections.abc import Callable, Iterable, Iterator

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)
from rules import Resource, foreign_rules, open_perimeters

Check = Callable[[Iterable[Resource]], Iterator[tuple[str, str]]]


def _policy(name: str, description: str, check: Check) -> StackValidationPolicy:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        resources = [
            Resource(
                urn=each.urn,
                type=each.resource_type,
                name=each.name,
                parent=each.parent.urn if each.parent else "",
                id=each.props.get("id") or "",
                inputs=each.props,
                depends_on={
                    key: tuple(one.urn for one in several)
                    for key, several in each.property_dependencies.items()
                },
            )
            for each in args.resources
        ]
        for urn, reason in check(resources):
            report(reason, urn)

    return StackValidationPolicy(
        name=name,
        description=description,
        enforcement_level=EnforcementLevel.MANDATORY,
        validate=validate,
    )


PolicyPack(
    name="exchange-ports",
    policies=[
        _policy(
            "exchange-rules-come-from-the-topology",
            "Groups of Exchange servers have no rules beside those of the component.",
            foreign_rules,
        ),
        _policy(
            "exchange-perimeter-is-not-open",
            "No rule allows any address to or from an Edge Transport server.",
            open_perimeters,
        ),
    ],
)

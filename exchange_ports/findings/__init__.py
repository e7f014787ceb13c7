"""Errors and warnings as data: permanent codes, one form, everything at once."""

from exchange_ports.findings.finding import (
    Finding,
    Kind,
    Path,
    Place,
    Refused,
    Severity,
    counted,
    in_order,
    nearest,
    printable,
    render,
)

__all__ = [
    "Finding",
    "Kind",
    "Path",
    "Place",
    "Refused",
    "Severity",
    "counted",
    "in_order",
    "nearest",
    "printable",
    "render",
]

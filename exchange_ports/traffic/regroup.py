"""Rows of a table joined where they differ in one column: one row for what many say alike."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def regroup(
    rows: Iterable[Row], *columns: str, alone: Callable[[Row], bool] = lambda _: False
) -> list[Row]:
    """Join the rows that are equal in all columns but these, in the order of the first of each.

    Rows are dataclasses; in `columns` they hold sets, and a joined row holds their union. Rows that
    are `alone` stay as they are.
    """
    found: dict[Hashable, list[Row]] = {}
    for index, row in enumerate(rows):
        same = (getattr(row, each.name) for each in fields(row) if each.name not in columns)
        found.setdefault((index,) if alone(row) else (None, *same), []).append(row)
    return [_union(several, columns) for several in found.values()]


def _union(rows: list[Row], columns: tuple[str, ...]) -> Row:
    first, *others = rows
    if not others:
        return first
    joined: dict[str, Any] = {name: getattr(first, name) for name in columns}
    for row, name in product(others, columns):
        joined[name] |= getattr(row, name)
    return replace(first, **joined)

"""The keys of the JSON that commands print, against those that the pages list."""

from typing import Any, Final, cast


def keys(value: object) -> Any:
    """The keys of JSON, as deep as they go; of a list those of its first item."""
    if isinstance(value, dict):
        return {key: keys(inner) for key, inner in cast("dict[str, object]", value).items()}
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [keys(items[0])] if items else None


REASON: Final = {
    **dict.fromkeys(("summary", "entry", "source", "table", "row")),
    "urls": [None],
    **dict.fromkeys(("accepted_risk", "owner", "ticket", "review_by")),
}

"""A file with a snapshot -> the snapshot, with every fault at its line.

The answer of the web service is JSON, and our own files are YAML. JSON without tricks is YAML, so both are
read by the reader of stack files, within its bounds.
"""

from exchange_ports.endpoints.reading import read_snapshot
from exchange_ports.endpoints.snapshot import Instance, Snapshot
from exchange_ports.findings import Path, Place, Refused
from exchange_ports.stackfile.nodes import Node, YamlText, compose, step_into
from exchange_ports.stackfile.yaml_values import Walk


def read_snapshot_file(
    content: bytes, file: str, *, instance: Instance | None = None, version: str | None = None
) -> Snapshot:
    """The snapshot that a file has; `instance` and `version` where it does not say its own.

    :raises Refused: with everything that is wrong, each fault at its line.
    """
    root = compose(content, file)
    reader = _Values(file)
    data = None if root is None else reader.value(root, ())
    if reader.findings:
        raise Refused(reader.findings)
    try:
        return read_snapshot(data, instance=instance, version=version)
    except Refused as refused:
        located = (each.located(lambda path: _place(root, file, path)) for each in refused.findings)
        raise Refused(located) from None


class _Values(Walk):
    """Values as all YAML readers have them. Pulumi reads no such file, so its faults do not matter."""

    def blanks(self, node: YamlText, path: Path) -> None:
        """Take a text that begins with a blank: notes of the web service are as they are."""


def _place(root: Node | None, file: str, path: Path) -> Place:
    """The line of a field, or of the nearest known one around it."""
    line = None if root is None else root.line
    for step in path:
        placed = None if root is None else step_into(root, step)
        if placed is None:
            break
        root, line = placed.node, placed.line
    return Place(file, line)

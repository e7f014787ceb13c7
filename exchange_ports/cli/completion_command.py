"""`completion`: what a shell needs to complete commands, options and stack files."""

import argparse
from collections.abc import Mapping
from typing import Final, cast

import shtab

from exchange_ports.cli.exit_codes import FINE

__all__ = ["completion"]

#: The words by which usage calls what is a stack file.
_FILES: Final = ("FILE", "OLD", "NEW")


def completion(asked: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """The script for a shell, made from the parser that answers: it knows every command there is."""
    _name_files(parser)
    print(shtab.complete(parser, shell=asked.shell))
    return FINE


def _name_files(parser: argparse.ArgumentParser) -> None:
    """Say of every argument that is a stack file that it is one, for the commands as well."""
    # argparse tells nobody its arguments; shtab reads them in the same way.
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        if action.metavar in _FILES:
            setattr(action, "complete", shtab.glob("*.yaml"))  # noqa: B010 - by which shtab is told
        if isinstance(action, argparse._SubParsersAction):  # pyright: ignore[reportPrivateUsage]
            inner = cast("Mapping[str, argparse.ArgumentParser]", action.choices)
            for each in inner.values():
                _name_files(each)

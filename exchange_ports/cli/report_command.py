"""`report`: the rule book of an environment."""

import argparse

from exchange_ports.cli.console import doing
from exchange_ports.cli.exit_codes import FINE, NO
from exchange_ports.cli.stacks import compiled, read_with_origin
from exchange_ports.proof import prove
from exchange_ports.reports.rulebook import rulebook, rulebook_csv
from exchange_ports.reports.terminal import write

__all__ = ["report"]


def report(asked: argparse.Namespace) -> int:
    """Every rule with its reasons, and what holds it up; no where the proof fails."""
    stack, origin = read_with_origin(asked.file)
    plans, warnings = compiled(stack)
    with doing("proving"):
        proof = prove(plans)
    with doing("writing the rule book"):
        book = rulebook(plans, proof, warnings, origin)
    if asked.format == "csv":
        write(rulebook_csv(book))
    else:
        from exchange_ports.reports.rulebook_page import rulebook_page

        page = rulebook_page(book)
        if asked.format == "html":
            from exchange_ports.reports.page_html import page_html

            write(page_html(page))
        else:
            from exchange_ports.reports.page_markdown import page_markdown

            print(page_markdown(page))
    return FINE if book.proof.holds else NO

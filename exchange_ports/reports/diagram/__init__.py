"""Allowed traffic as a picture: endpoints in columns by zone, and a row for each kind of traffic.

`picture` decides what is shown, `svg`, `mermaid` and `data` write it.
"""

from exchange_ports.reports.diagram.data import as_json
from exchange_ports.reports.diagram.mermaid import mermaid
from exchange_ports.reports.diagram.picture import Only, Picture, draw_picture
from exchange_ports.reports.diagram.svg import svg
from exchange_ports.reports.diagram.texts import Heading

__all__ = ["Heading", "Only", "Picture", "as_json", "draw_picture", "mermaid", "svg"]

"""What passes, as a picture: who stands where, like sites as one, and a row for what belongs together.

`scene` decides what is shown, and decides nothing of how; `svg` and `mermaid` write it.
"""

from exchange_ports.reports.diagram.columns import as_json
from exchange_ports.reports.diagram.mermaid import mermaid
from exchange_ports.reports.diagram.picture import Picture, draw_picture
from exchange_ports.reports.diagram.svg import svg

__all__ = ["Picture", "as_json", "mermaid", "draw_picture", "svg"]

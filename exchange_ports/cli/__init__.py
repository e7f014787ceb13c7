"""The commands. Data goes to standard output, talk to standard error.

Exit codes: 0 fine, 1 the answer is no, 2 bad input. No command but `preview` loads Pulumi or a
cloud's SDK, and each loads what it needs alone.
"""

from exchange_ports.cli.main import main

__all__ = ["main"]

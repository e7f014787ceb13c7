"""What a command says to the shell."""

from typing import Final

__all__ = ["BAD_INPUT", "FINE", "NO"]

FINE: Final = 0
NO: Final = 1
BAD_INPUT: Final = 2

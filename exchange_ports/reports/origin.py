"""What a report was made from and by what, so that a reader can make it again. No clock."""

from dataclasses import dataclass

__all__ = ["Origin"]


@dataclass(frozen=True, slots=True)
class Origin:
    """A stack file by its name, the SHA-256 of its bytes in hexadecimal, and our version."""

    file: str
    sha256: str
    version: str

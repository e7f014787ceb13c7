"""Flow logs on disk: opened, recognized by content, and read once with bounded memory."""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from exchange_ports.clouds import cloud, platforms
from exchange_ports.clouds.recorded import LogTable, Reader
from exchange_ports.rehearsal import neutral

_CHUNK: Final = 1 << 20
#: Bytes by which a file is recognized.
_HEAD: Final = 1 << 16
_GZIP: Final = b"\x1f\x8b"
PARQUET: Final = b"PAR1"
_BYTE_ORDERS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: A compressed log becomes 5 to 200 times as large; what becomes larger than this is no log.
_MOST_TIMES: Final = 500
_FREE: Final = 64 * 1024 * 1024


class LogFile:
    """A log on disk, as text."""

    def __init__(self, name: str) -> None:
        """Open it, and read how it begins.

        :raises OSError: it cannot be read.
        """
        self.name = name
        self._raw: BinaryIO = open(name, "rb")  # noqa: SIM115 - closed by `close`
        self._size = os.fstat(self._raw.fileno()).st_size
        begin = self._raw.read(4)
        self._raw.seek(0)
        self.compressed = begin.startswith(_GZIP)
        self.is_parquet = begin == PARQUET
        self._bytes: BinaryIO | gzip.GzipFile = (
            gzip.GzipFile(fileobj=self._raw) if self.compressed else self._raw
        )
        self._read = 0
        #: Why reading ended before the end.
        self.fault = ""
        first = b"" if self.is_parquet else self._more(_HEAD)
        order, encoding = next(
            ((mark, name) for mark, name in _BYTE_ORDERS if first.startswith(mark)), (b"", "utf-8")
        )
        #: Whether DuckDB reads the same text of it.
        self.plain = not order
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self.head = self._decoder.decode(first[len(order) :])
        self._left: str | None = self.head

    def read(self) -> str:
        """The next characters; none at the end."""
        if self._left is not None:
            text, self._left = self._left, None
            if text:
                return text
        while content := self._more(_CHUNK):
            if text := self._decoder.decode(content):
                return text
        return self._decoder.decode(b"", final=True)

    def _more(self, number: int) -> bytes:
        if self.fault:
            return b""
        try:
            content = self._bytes.read(number) or b""
        except (EOFError, OSError, zlib.error):
            self.fault = "it ends in the middle of its compressed data, or is damaged"
            return b""
        self._read += len(content)
        if self.compressed and self._read > _FREE + _MOST_TIMES * self._size:
            self.fault = f"it becomes more than {_MOST_TIMES} times as large as it is"
            return b""
        return content

    def close(self) -> None:
        """Close the file."""
        self._raw.close()


def files_below(paths: Iterable[str]) -> Iterator[str]:
    """The files that paths name: of a folder all that are in it and below, in order.

    :raises OSError: a path does not exist.
    """
    for path in paths:
        os.stat(path)
        if not os.path.isdir(path):
            yield path
            continue
        for folder, below, names in os.walk(path):
            below.sort()
            yield from (os.path.join(folder, name) for name in sorted(names) if name[0] != ".")


def reader_of(head: str) -> Reader | None:
    """What reads a log that begins so; None where no reader knows it."""
    for platform in platforms():
        found = cloud(platform).flow_logs.reader(head)
        if found is not None:
            return found
    return neutral.reader(head)


def table_of(names: tuple[str, ...]) -> LogTable | None:
    """How a table with these columns reads as SQL; None where no cloud knows it."""
    several = (cloud(platform).flow_logs.table(names) for platform in platforms())
    return next((found for found in several if found is not None), None)

"""Stops with an exception that no one meant, deep in its own code."""


def port(text: str) -> int:
    """The number of a port, if it is one."""
    return int(text)


port("smtp")

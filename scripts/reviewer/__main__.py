"""The steps of both actions, and of the scheduled one: `python -I reviewer name | fetch | compare | verdict | post | endpoints`.

Run as a folder and isolated (`-I`), so that only these files and the standard library are imported:
nothing from where the step stands, and nothing that a pull request could have put there. What a step
is given comes in its environment, never on a command line that a shell reads.
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import Final

from comparing import compare, report_verdict
from endpoints import newer_endpoints
from fetching import fetch
from posting import post
from report import name
from saying import Stopped, error

_STEPS: Final[Mapping[str, Callable[[Mapping[str, str]], int]]] = {
    "name": name,
    "fetch": fetch,
    "compare": compare,
    "verdict": report_verdict,
    "post": post,
    "endpoints": newer_endpoints,
}


def main(arguments: list[str]) -> int:
    """Do one step; 0 where it is done, 1 with an error in the log where it cannot be."""
    if len(arguments) != 1 or arguments[0] not in _STEPS:
        print(f"usage: python -I reviewer {' | '.join(_STEPS)}", file=sys.stderr)
        return 2
    try:
        return _STEPS[arguments[0]](os.environ)
    except Stopped as stopped:
        error(str(stopped))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

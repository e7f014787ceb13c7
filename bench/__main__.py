"""`python -m bench`: exit code 1 when a target is missed."""

import sys

from bench import rules, starting
from bench.measure import machine, report


def main() -> int:
    """Measure everything and print it."""
    print(machine(), flush=True)
    measured = [*starting.measure(), *rules.measure()]
    print("\n".join(report(measured)))
    return int(any(each.missed for each in measured))


if __name__ == "__main__":
    sys.exit(main())

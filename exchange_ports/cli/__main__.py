"""`python -m exchange_ports.cli`."""

import sys

from exchange_ports.cli import main

if __name__ == "__main__":
    sys.exit(main())

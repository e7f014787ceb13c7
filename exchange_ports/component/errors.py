"""The exceptions that stop a program: each is text that Pulumi shows without a traceback."""

from collections.abc import Iterable
from typing import Final

import pulumi

from exchange_ports.findings import Finding, counted, in_order, render
from exchange_ports.proof import Failure

#: A program may register other resources: the component only knows of its own.
_NOT_REGISTERED: Final = "no resource of this component was registered"


class TopologyError(pulumi.RunError, ValueError):
    """The topology cannot be used: the text has every finding. Pulumi shows it without a traceback."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the text is their rendering."""
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__(render(self.findings, _NOT_REGISTERED))


#: Prefix lists may have been: they are about no server.
_NOT_CHANGED: Final = "no group or rule of this component was created or changed"


class AddressMismatch(pulumi.RunError):
    """The real address of a server is not the declared one: the text has every finding.

    It is raised while resources are registered. Pulumi's SDK wraps a ValueError there, with a traceback.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        """Keep the findings; the text is their rendering."""
        self.findings: tuple[Finding, ...] = in_order(findings)
        super().__init__(render(self.findings, _NOT_CHANGED))


#: More failures than this are counted: they are often one fault seen from every server.
_MOST_SHOWN: Final = 12


class NotProved(pulumi.RunError, ValueError):
    """The plans do not allow exactly the required traffic: the text has every counterexample.

    This is a fault of this package, not of the topology. Pulumi shows it without a traceback.
    """

    def __init__(self, failures: tuple[Failure, ...]) -> None:
        """Keep the failures; the text has one a line."""
        shown = [f"  {failure}" for failure in failures[:_MOST_SHOWN]]
        if len(failures) > _MOST_SHOWN:
            shown.append(f"  and {len(failures) - _MOST_SHOWN} more")
        first = f"not proved, so {_NOT_REGISTERED}: {counted(len(failures), 'failure')}"
        last = "what to do: report it; in an emergency, skip_proof=True registers the rules without the proof"
        super().__init__("\n".join([first, *shown, last]))
        self.failures: tuple[Failure, ...] = failures


class UnknownName(pulumi.RunError, KeyError):
    """An output has no such name: the text lists the names. Pulumi shows it without a traceback."""

    def __str__(self) -> str:
        return str(self.args[0])

"""What must hold of an update that passed, on an engine and without one."""

from exchange_ports.rollout import plan_rollout
from tests.engine.looking import agree
from tests.engine.updating import Passed, foreseen
from tests.support.rule_sets import networks_of

__all__ = ["as_foretold", "clean"]


def clean(found: Passed, name: str) -> None:
    """An edit that is clean in one step, and was."""
    assert found.old is not None
    assert plan_rollout(found.old, found.new).clean, name
    assert found.steps == foreseen(found.old, found.new), name
    # No call is without a look, and each operation is one call.
    assert len(found.looks) == len(found.writes) > 0, name
    assert [str(trouble) for trouble in found.troubles] == [], name
    assert found.outside_the_model == [], name
    assert agree(found.looks[-1].stood, networks_of(found.new)), name


def as_foretold(found: Passed) -> None:
    """An edit whose one opening in passing was said before."""
    assert found.old is not None
    (foretold,) = plan_rollout(found.old, found.new).at_once.issues
    (seen,) = found.troubles
    assert str(foretold).startswith(f"{seen.source} -> {seen.target} {seen.services} passes")
    assert (seen.effect, seen.call) == ("open", "CreateNetworkInterface")

"""What must hold of an update that passed, on an engine and without one."""

from collections.abc import Callable

from exchange_ports.rollout import plan_rollout
from tests.engine.chain import BEGINNING, Topology, a_server_while_a_flow_closes
from tests.engine.looking import agree
from tests.engine.updating import Passed, foreseen
from tests.engine.workspace import Workspace
from tests.support.recordings import declared
from tests.support.rule_sets import networks_of

__all__ = ["as_foretold", "clean", "created", "unchanged"]


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


def as_foretold(up: Callable[[Topology], Passed]) -> None:
    """What one edit on AWS opens before its update is over was said before; `up` makes a topology so."""
    before = declared(BEGINNING, "aws")
    up(before)
    found = up(a_server_while_a_flow_closes(before))
    assert found.old is not None
    (foretold,) = plan_rollout(found.old, found.new).at_once.issues
    (seen,) = found.troubles
    assert str(foretold).startswith(f"{seen.source} -> {seen.target} {seen.services}: allowed")
    assert (seen.effect, seen.call) == ("allowed", "CreateNetworkInterface")


def created(engine: Workspace) -> None:
    """A first preview and update: each resource of a cloud is created, once, and by the update alone."""
    foreseen = engine.preview()
    assert {op for op, _ in foreseen} == {"create"}
    assert engine.control.writes() == []

    done = engine.up()
    assert {word for word, _ in done} == {"create"}
    custom = [
        each for each in engine.export() if each["custom"] and ":providers:" not in each["type"]
    ]
    assert len(done) == len(custom)


def unchanged(engine: Workspace) -> None:
    """Neither the program nor the cloud says anything else than the state."""
    engine.pulumi("preview", "--expect-no-changes", "--stack", engine.stack)
    engine.pulumi(
        "refresh", "--yes", "--skip-preview", "--expect-no-changes", "--stack", engine.stack
    )

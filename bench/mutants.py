"""Small faults made in a module: each `Mutant` is one edit of its syntax tree.

Left out, since a change of theirs is no fault of the program: annotations, decorators, docstrings,
`__hash__` and `__repr__`, text, what `raise` says, and `strict` of `zip`, by which the program checks itself.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeGuard

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: Final = (ast.BitOr, ast.BitAnd, ast.Sub, ast.Add, ast.BitXor, ast.Mult)
#: Names of functions and fields that a person takes for one another: each is replaced by the next one.
_CONFUSED: Final = (
    ("any", "all"),
    ("min", "max"),
    ("sends", "receives"),
    ("source", "destination"),
    ("before", "after"),
    ("opened", "cut"),
    ("internal", "perimeter"),
    ("site", "subscribed_site"),
    ("sites", "servers"),
    ("identity", "name"),
    ("delivery_port", "edgesync_port"),
    ("addresses", "declared_addresses"),
    ("of", "network"),
    ("client_access", "mailbox"),
    ("delivers_apart", "syncs_apart"),
    ("edge", "internal"),
)
_OTHER: Final = {one: other for pair in _CONFUSED for one, other in pairwise((*pair, pair[0]))}
_LEFT_OUT: Final = ("annotation", "returns", "decorator_list")
_IGNORED: Final = ("__hash__", "__repr__", "__eq__")


@dataclass(frozen=True)
class Mutant:
    """One edit: `old` is a node of the module's tree, `new` stands in its place."""

    file: str
    scope: str
    line: int
    old: ast.AST
    new: ast.AST
    #: Tells edits apart that read the same.
    number: int = 0

    @property
    def key(self) -> str:
        """What stays the same while the code around it changes."""
        again = f" #{self.number}" if self.number else ""
        return f"{self.file} {self.scope}: {_text(self.old)} => {_text(self.new)}{again}"

    def applied(self, tree: ast.Module) -> ast.Module:
        """The tree with the edit; `tree` itself is spoiled."""
        _Replacing(self.old, self.new).visit(tree)
        return ast.fix_missing_locations(tree)


class _Replacing(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self._old, self._new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self._new if node is self._old else self.generic_visit(node)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.comprehension):
        return ast.unparse(ast.GeneratorExp(ast.Name("_"), [node]))[3:-1]
    if isinstance(node, ast.If | ast.For | ast.While):
        return ast.unparse(node).split("\n", 1)[0]
    return " ".join(ast.unparse(node).split())


def mutants(file: str, tree: ast.Module) -> Iterator[Mutant]:
    """Every edit of a module, in the order of its text."""
    seen: dict[str, int] = {}
    for scope, old in _places(tree, ()):
        for new in _edits(old):
            ast.copy_location(new, old)
            found = Mutant(file, scope, getattr(old, "lineno", 0), old, new)
            again = seen[found.key] = seen.get(found.key, -1) + 1
            yield Mutant(file, scope, found.line, old, new, again)


def _places(node: ast.AST, scope: tuple[str, ...]) -> Iterator[tuple[str, ast.AST]]:
    """Every node that may be edited, with the name of the function or class around it."""
    if isinstance(node, ast.Raise | ast.JoinedStr) or _is_alias(node) or _is_example(node):
        return
    yield ".".join(scope) or "(module)", node
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        scope = (*scope, node.name)
        if node.name in _IGNORED:
            return
    left_out = [getattr(node, name, None) for name in _LEFT_OUT]
    if _is_zip(node):
        left_out.append(node.keywords)
    for child in ast.iter_child_nodes(node):
        # By identity: decorators are a list.
        if not any(
            child is each or (isinstance(each, list) and child in each) for each in left_out
        ):
            yield from _places(child, scope)


def _is_alias(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"


def _is_example(node: ast.AST) -> bool:
    """Examples of fields are words for people; that they are valid is a test of the schema."""
    return isinstance(node, ast.keyword) and node.arg == "examples"


def _is_zip(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "zip"


def _with(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _without(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    return ([*items[:at], *items[at + 1 :]] for at in range(len(items)))


def _edits(node: ast.AST) -> Iterator[ast.AST]:  # noqa: PLR0912 - one table
    match node:
        case ast.Compare():
            for at, op in enumerate(node.ops):
                ops = [*node.ops[:at], _COMPARISONS[type(op)](), *node.ops[at + 1 :]]
                yield _with(node, ops=ops)
        case ast.BoolOp():
            yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
            for rest in _without(node.values):
                yield rest[0] if len(rest) == 1 else _with(node, values=rest)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.BinOp() if isinstance(node.op, _OPERATORS):
            yield from (node.left, node.right)
        case ast.Constant(value=bool(value)):
            yield _with(node, value=not value)
        case ast.Constant(value=int(value)):
            yield from (_with(node, value=value + 1), _with(node, value=value - 1))
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _OTHER:
            field = "id" if isinstance(node, ast.Name) else "attr"
            if isinstance(node, ast.Attribute) or name in ("any", "all", "min", "max"):
                yield _with(node, **{field: _OTHER[name]})
        case ast.comprehension(ifs=[_, *_]):
            for rest in _without(node.ifs):
                yield _with(node, ifs=rest)
        case ast.IfExp():
            yield from (node.body, node.orelse)
        case ast.If():
            yield _with(node, test=ast.Constant(True))
            yield _with(node, test=ast.Constant(False))
        case ast.Call(keywords=[_, *_]) if not _is_zip(node):
            for at in range(len(node.keywords)):
                yield _with(node, keywords=[*node.keywords[:at], *node.keywords[at + 1 :]])
        case ast.Return(value=ast.expr()) if not _is_false(node.value):
            yield _with(node, value=ast.Constant(None))
        case ast.Expr(value=ast.Yield() | ast.YieldFrom() | ast.Call()) | ast.AugAssign():
            yield ast.Pass()
        case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()) | ast.Set():
            for rest in _without(node.elts):
                dropped = next(each for each in node.elts if each not in rest)
                if isinstance(dropped, ast.Starred) or isinstance(node, ast.Set):
                    yield _with(node, elts=rest)
        case _:
            pass


def _is_false(node: ast.expr | None) -> bool:
    """Whether None says the same to whoever asks yes or no."""
    return isinstance(node, ast.Constant) and not node.value

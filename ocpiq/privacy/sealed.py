"""Sealed fields: those that a source passes `as aggregate`. In every value they are blanks; only totals may use them.

The gate hands the sealed numbers of an object, with a hash of its driver, to the totals of one `aggregate`, and to
nothing else. A total is shown only if it is over enough distinct drivers.
"""

from __future__ import annotations

from collections.abc import Iterator

from ocpiq.errors import EMPTY, FieldName, Message, PrivacyError, Span, say
from ocpiq.privacy.demand import Demand
from ocpiq.privacy.treatments import AGGREGATE, full_path_text
from ocpiq.privacy.view import ViewNode, path_text

Path = tuple[str, ...]


class SealedFieldError(PrivacyError):
    """A query uses the sealed field `node` in another way than in a total; `is_general` if nothing says in which."""

    def __init__(
        self, node: ViewNode, problem: Message = EMPTY, *, span: Span | None, hint: Message = EMPTY
    ) -> None:
        names = tuple(node.blank.path.split("."))
        message = problem or say(
            "{field} is for aggregates only", field=full_path_text(node.blank.module, names)
        )
        default = say("write | aggregate sum(.{path})", path=path_text(names))
        super().__init__(message, span=span, hint=hint or default)
        self.node = node
        self.is_general = not problem

    def read_by(self, word: Message | FieldName) -> SealedFieldError:
        """Return this error, saying what reads the field, if nothing says so yet."""
        return self._specific(say("{word} reads it", word=word))

    def as_group(self) -> SealedFieldError:
        """Return this error, saying that the field stands in `by`, if nothing says where it is."""
        return self._specific(say("cannot be a group"))

    def _specific(self, problem: Message) -> SealedFieldError:
        if not self.is_general:
            return self
        names = self.node.blank.path.split(".")
        text = say(
            "{field} is for aggregates only, and {problem}",
            field=full_path_text(self.node.blank.module, names),
            problem=problem,
        )
        return SealedFieldError(self.node, text, span=self.span)


def is_sealed(node: ViewNode) -> bool:
    """Tell whether a source passes a field `as aggregate`."""
    return node.treatment is not None and node.treatment.name == AGGREGATE


def sealed_paths(view: ViewNode, demand: Demand) -> tuple[Path, ...]:
    """Return the paths of the sealed fields that a query reads."""
    return tuple(_sealed_paths(view, demand, ()))


def _sealed_paths(view: ViewNode, demand: Demand, path: Path) -> Iterator[Path]:
    if is_sealed(view):
        yield path
        return
    for name, child in view.children.items():
        if demand.whole:
            yield from _sealed_paths(child, demand, (*path, name))
        elif name in demand.fields:
            yield from _sealed_paths(child, demand.fields[name], (*path, name))


def has_sealed(view: ViewNode) -> bool:
    """Tell whether a source passes a field `as aggregate`."""
    return is_sealed(view) or any(map(has_sealed, view.children.values()))

"""The table of builtins written in Python: number of outputs, result type, and what each does with a blank.

A blank may be moved, never used. `REFUSES`, the default: neither the input nor an argument may be or hold a blank.
`OUTSIDE`: an array or object may hold one. `ITEMS`: an item that is an array or object may hold one. `MOVES`: blanks
pass through. The compiler adds the check wherever a blank is possible; the builtins do not know of it.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from ocpiq.plan.blanks import Blanks
from ocpiq.plan.effects import Effect
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import BOOLEAN, NUMBER, STRING, ListType, OpaqueType, Type


class Builtin(Struct, frozen=True):
    """One builtin of `arity` arguments; `blanks` is for the input and, without `of_arguments`, for the arguments."""

    name: str
    arity: int
    blanks: Blanks = Blanks.REFUSES
    outputs: Outputs = Outputs.ONE
    result: Type | None = None
    reads: bool = True  # whether it reads `.`
    # The result type as a function of the input type, if the result is made of the input's parts.
    typed: Callable[[Type], Type] | None = None
    of_arguments: tuple[Blanks, ...] = ()
    effect: Effect = Effect.COMPUTES  # what the result tells of the input and of the arguments
    # Whether it writes its operands as text: blanks print as such, and the result is a blank.
    formats: bool = False

    def of_argument(self, number: int) -> Blanks:
        """Return what it does with a blank in an argument; `number` counts from 0."""
        return self.of_arguments[number] if self.of_arguments else self.blanks


def _table(*rows: Builtin) -> dict[tuple[str, int], Builtin]:
    return {(row.name, row.arity): row for row in rows}


def _same(type_: Type) -> Type:
    return type_


_CLEAN = OpaqueType(clean=True)
_MOVED = OpaqueType(clean=False)
FORMATS = ("@text", "@json", "@html", "@uri", "@sh", "@base64", "@base32")
OF_ONE = (
    "floor",
    "ceil",
    "round",
    "trunc",
    "rint",
    "nearbyint",
    "sqrt",
    "cbrt",
    "fabs",
    "significand",
    "logb",
    "exp",
    "exp2",
    "exp10",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "erf",
    "erfc",
    "gamma",
    "lgamma",
    "tgamma",
    "j0",
    "j1",
    "y0",
    "y1",
)
OF_TWO = (
    "pow",
    "atan2",
    "copysign",
    "drem",
    "remainder",
    "fdim",
    "fmax",
    "fmin",
    "fmod",
    "hypot",
    "jn",
    "yn",
    "ldexp",
    "scalb",
    "scalbln",
    "nextafter",
    "nexttoward",
)

BUILTINS = _table(
    Builtin("empty", 0, Blanks.MOVES, Outputs.NONE, reads=False),
    Builtin("error", 0, Blanks.MOVES, Outputs.NONE, effect=Effect.PRINTS),
    Builtin("not", 0, Blanks.OUTSIDE, result=BOOLEAN, effect=Effect.COUNTS),
    Builtin("length", 0, Blanks.OUTSIDE, result=NUMBER, effect=Effect.COUNTS),
    Builtin("utf8bytelength", 0, result=NUMBER),
    Builtin("keys", 0, Blanks.OUTSIDE, result=_CLEAN, effect=Effect.COUNTS),
    Builtin("keys_unsorted", 0, Blanks.OUTSIDE, result=_CLEAN, effect=Effect.COUNTS),
    Builtin("has", 1, Blanks.OUTSIDE, result=BOOLEAN, effect=Effect.COUNTS),
    Builtin("contains", 1, result=BOOLEAN),
    Builtin("add", 0, Blanks.ITEMS, result=_MOVED),
    Builtin("range", 1, outputs=Outputs.MANY, result=NUMBER, reads=False),
    Builtin("range", 2, outputs=Outputs.MANY, result=NUMBER, reads=False),
    Builtin("range", 3, outputs=Outputs.MANY, result=NUMBER, reads=False),
    Builtin("abs", 0, result=NUMBER),
    *(Builtin(name, 0, result=NUMBER) for name in OF_ONE),
    *(Builtin(name, 2, result=NUMBER, reads=False) for name in OF_TWO),
    Builtin("fma", 3, result=NUMBER, reads=False),
    *(Builtin(name, 0, result=_CLEAN) for name in ("frexp", "modf", "lgamma_r")),
    Builtin("tostring", 0, Blanks.MOVES, formats=True),
    Builtin("tojson", 0, Blanks.MOVES, formats=True),
    Builtin("fromjson", 0, result=_CLEAN),
    Builtin("tonumber", 0, result=NUMBER),
    Builtin("toboolean", 0, result=BOOLEAN),
    Builtin("type", 0, Blanks.MOVES, result=STRING, effect=Effect.COUNTS),
    Builtin("infinite", 0, Blanks.MOVES, result=NUMBER, reads=False),
    Builtin("nan", 0, Blanks.MOVES, result=NUMBER, reads=False),
    Builtin("isnan", 0, result=BOOLEAN),
    Builtin("isinfinite", 0, result=BOOLEAN),
    Builtin("isnormal", 0, result=BOOLEAN),
    Builtin("indices", 1, result=_CLEAN),
    Builtin("index", 1, result=_CLEAN),
    Builtin("rindex", 1, result=_CLEAN),
    Builtin("bsearch", 1, result=NUMBER),
    Builtin("sort", 0, result=_CLEAN, effect=Effect.ARRANGES),
    Builtin("unique", 0, result=_CLEAN, effect=Effect.ARRANGES),
    Builtin("min", 0, result=_CLEAN, effect=Effect.PICKS),
    Builtin("max", 0, result=_CLEAN, effect=Effect.PICKS),
    Builtin(
        "_sort_by", 1, Blanks.OUTSIDE, typed=_same, of_arguments=(Blanks.REFUSES,), effect=Effect.ARRANGES
    ),
    Builtin(
        "_group_by", 1, Blanks.OUTSIDE, typed=ListType, of_arguments=(Blanks.REFUSES,), effect=Effect.GROUPS
    ),
    Builtin(
        "_unique_by", 1, Blanks.OUTSIDE, typed=_same, of_arguments=(Blanks.REFUSES,), effect=Effect.ARRANGES
    ),
    Builtin("_min_by", 1, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.PICKS),
    Builtin("_max_by", 1, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.PICKS),
    Builtin("reverse", 0, Blanks.OUTSIDE, effect=Effect.ARRANGES),
    Builtin("flatten", 0, Blanks.OUTSIDE),
    Builtin("flatten", 1, Blanks.OUTSIDE),
    Builtin("transpose", 0, Blanks.ITEMS),
    Builtin("combinations", 0, Blanks.ITEMS, Outputs.MANY),
    Builtin("to_entries", 0, Blanks.OUTSIDE),
    Builtin("from_entries", 0, Blanks.ITEMS),
    Builtin("startswith", 1, result=BOOLEAN),
    Builtin("endswith", 1, result=BOOLEAN),
    Builtin("ltrimstr", 1, result=_CLEAN),
    Builtin("rtrimstr", 1, result=_CLEAN),
    Builtin("trim", 0, result=STRING),
    Builtin("ltrim", 0, result=STRING),
    Builtin("rtrim", 0, result=STRING),
    Builtin("split", 1, result=_CLEAN),
    Builtin("join", 1, Blanks.OUTSIDE, of_arguments=(Blanks.MOVES,), formats=True),
    Builtin("ascii_downcase", 0, result=STRING),
    Builtin("ascii_upcase", 0, result=STRING),
    Builtin("explode", 0, result=_CLEAN),
    Builtin("implode", 0, result=STRING),
    Builtin("test", 1, result=BOOLEAN),
    Builtin("test", 2, result=BOOLEAN),
    Builtin("match", 1, outputs=Outputs.MANY, result=_CLEAN),
    Builtin("match", 2, outputs=Outputs.MANY, result=_CLEAN),
    Builtin("capture", 1, outputs=Outputs.MANY, result=_CLEAN),
    Builtin("capture", 2, outputs=Outputs.MANY, result=_CLEAN),
    Builtin("_scan", 2, outputs=Outputs.MANY, result=_CLEAN),
    Builtin("_split", 2, result=_CLEAN),
    Builtin("_edits", 2, result=_CLEAN),
    Builtin("_substitute", 2, outputs=Outputs.MANY, result=STRING),
    Builtin("gmtime", 0, result=_CLEAN),
    Builtin("localtime", 0, result=_CLEAN),
    Builtin("mktime", 0, result=NUMBER),
    Builtin("strftime", 1, result=STRING),
    Builtin("strflocaltime", 1, result=STRING),
    Builtin("strptime", 1, result=_CLEAN),
    Builtin("fromdateiso8601", 0, result=NUMBER),
    Builtin("now", 0, Blanks.MOVES, result=NUMBER, reads=False),
    Builtin("input", 0, Blanks.MOVES, result=_CLEAN, reads=False),
    Builtin("inputs", 0, Blanks.MOVES, Outputs.MANY, _CLEAN, reads=False),
    Builtin("debug", 0, Blanks.MOVES, typed=_same, effect=Effect.PRINTS),
    Builtin("stderr", 0, Blanks.MOVES, typed=_same, effect=Effect.PRINTS),
    Builtin("input_filename", 0, Blanks.MOVES, result=_CLEAN, reads=False),
    Builtin("input_line_number", 0, Blanks.MOVES, result=NUMBER, reads=False),
    Builtin("modulemeta", 0, result=_CLEAN),
    Builtin("get_search_list", 0, Blanks.MOVES, result=_CLEAN, reads=False),
    Builtin("builtins", 0, Blanks.MOVES, result=_CLEAN, reads=False),
    Builtin("env", 0, Blanks.MOVES, result=_CLEAN, reads=False),
    Builtin("halt", 0, Blanks.MOVES, Outputs.NONE, reads=False),
    Builtin(
        "halt_error", 1, Blanks.MOVES, Outputs.NONE, of_arguments=(Blanks.REFUSES,), effect=Effect.PRINTS
    ),
    Builtin("tostream", 0, Blanks.MOVES, Outputs.MANY),
    Builtin("_assembly", 0, Blanks.MOVES, reads=False),
    Builtin("_assemble", 1, Blanks.MOVES, of_arguments=(Blanks.OUTSIDE,)),
    Builtin("_assembled", 0, Blanks.MOVES, Outputs.MAYBE),
    Builtin("recurse", 0, Blanks.MOVES, Outputs.MANY),
    Builtin("getpath", 1, Blanks.MOVES, of_arguments=(Blanks.REFUSES,)),
    Builtin("setpath", 2, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES, Blanks.MOVES)),
    Builtin("delpaths", 1, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,)),
    *(Builtin(name, 0, Blanks.MOVES, formats=True) for name in FORMATS),
    Builtin("@csv", 0, Blanks.OUTSIDE, formats=True),
    Builtin("@tsv", 0, Blanks.OUTSIDE, formats=True),
    *(Builtin(name, 0, result=STRING) for name in ("@base64d", "@base32d", "@urid")),
    Builtin("format", 1, result=STRING),
    # not in jq: for OCPI data
    *(
        Builtin(name, 1, result=_CLEAN)
        for name in ("year", "quarter", "month", "week", "day", "hour", "weekday")
    ),
    Builtin("duration_hours", 2, result=_CLEAN, reads=False),
    Builtin("slots", 4, outputs=Outputs.MANY, result=_CLEAN, reads=False),
    Builtin("_round", 1, result=_CLEAN),
    Builtin("fixed", 1, result=_CLEAN),
    Builtin("_power_kw", 3, result=_CLEAN, reads=False),
    Builtin("excl_vat", 0, Blanks.MOVES),
    Builtin("incl_vat", 0, Blanks.MOVES),
)

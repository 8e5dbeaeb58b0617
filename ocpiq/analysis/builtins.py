"""The table of builtins written in Python: number of outputs, result type, and what each does with a blank.

A blank may be moved, never used. `REFUSES`, the default: neither the input nor an argument may be or hold a blank.
`OUTSIDE`: an array or object may hold one. `ITEMS`: an item that is an array or object may hold one. `MOVES`: blanks
pass through. The compiler adds the check wherever a blank is possible; the builtins do not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ocpiq.analysis import result_types as types
from ocpiq.analysis.result_types import ResultType
from ocpiq.plan.blanks import Blanks
from ocpiq.plan.effects import Effect
from ocpiq.plan.outputs import Outputs
from ocpiq.plan.types import (
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    WRITTEN_NUMBER,
    ListType,
    OpaqueType,
    ScalarType,
    Type,
    or_null,
)


class Builtin(Struct, frozen=True):
    """One builtin of `arity` arguments; `blanks` is for the input and, without `of_arguments`, for the arguments."""

    name: str
    arity: int
    result: Type | ResultType
    blanks: Blanks = Blanks.REFUSES
    outputs: Outputs = Outputs.ONE
    reads: bool = True  # whether it reads `.`
    of_arguments: tuple[Blanks, ...] = ()
    effect: Effect = Effect.COMPUTES  # what the result tells of the input and of the arguments

    def of_argument(self, number: int) -> Blanks:
        """Return what it does with a blank in an argument; `number` counts from 0."""
        return self.of_arguments[number] if self.of_arguments else self.blanks

    @property
    def formats(self) -> bool:
        """Whether it writes its operands as text: blanks print as such, and the result is a blank."""
        return self.result is types.formatted

    @property
    def makes_scalar(self) -> bool:
        """Whether every result is a new null, boolean, number or string, never the input or a part of it."""
        return isinstance(self.result_type(OpaqueType(), [NUMBER] * self.arity), ScalarType)

    def result_type(self, input_type: Type, arguments: Sequence[Type]) -> Type:
        """Return the type of a result for an input and arguments of these types."""
        return self.result if isinstance(self.result, Type) else self.result(input_type, arguments)


def _table(*rows: Builtin) -> dict[tuple[str, int], Builtin]:
    return {(row.name, row.arity): row for row in rows}


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
    Builtin("empty", 0, NULL, Blanks.MOVES, outputs=Outputs.NONE, reads=False),
    Builtin("error", 0, NULL, Blanks.MOVES, outputs=Outputs.NONE, effect=Effect.PRINTS),
    Builtin("not", 0, BOOLEAN, Blanks.OUTSIDE, effect=Effect.COUNTS),
    Builtin("length", 0, types.length, Blanks.OUTSIDE, effect=Effect.COUNTS),
    Builtin("utf8bytelength", 0, INTEGER),
    Builtin("keys", 0, types.keys, Blanks.OUTSIDE, effect=Effect.COUNTS),
    Builtin("keys_unsorted", 0, types.keys, Blanks.OUTSIDE, effect=Effect.COUNTS),
    Builtin("has", 1, BOOLEAN, Blanks.OUTSIDE, effect=Effect.COUNTS),
    Builtin("contains", 1, BOOLEAN),
    Builtin("add", 0, types.sum_of_items, Blanks.ITEMS),
    Builtin("range", 1, types.range_items, outputs=Outputs.MANY, reads=False),
    Builtin("range", 2, types.range_items, outputs=Outputs.MANY, reads=False),
    Builtin("range", 3, types.range_items, outputs=Outputs.MANY, reads=False),
    Builtin("abs", 0, types.absolute),
    *(Builtin(name, 0, NUMBER) for name in OF_ONE),
    *(Builtin(name, 2, NUMBER, reads=False) for name in OF_TWO),
    Builtin("fma", 3, NUMBER, reads=False),
    *(Builtin(name, 0, types.NUMBERS) for name in ("frexp", "modf", "lgamma_r")),
    Builtin("tostring", 0, types.formatted, Blanks.MOVES),
    Builtin("tojson", 0, types.formatted, Blanks.MOVES),
    Builtin("fromjson", 0, types.ANYTHING),
    Builtin("tonumber", 0, WRITTEN_NUMBER),
    Builtin("toboolean", 0, BOOLEAN),
    Builtin("type", 0, STRING, Blanks.MOVES, effect=Effect.COUNTS),
    Builtin("infinite", 0, NUMBER, Blanks.MOVES, reads=False),
    Builtin("nan", 0, NUMBER, Blanks.MOVES, reads=False),
    Builtin("isnan", 0, BOOLEAN),
    Builtin("isinfinite", 0, BOOLEAN),
    Builtin("isnormal", 0, BOOLEAN),
    Builtin("indices", 1, types.positions),
    Builtin("index", 1, or_null(INTEGER)),
    Builtin("rindex", 1, or_null(INTEGER)),
    Builtin("bsearch", 1, INTEGER),
    Builtin("sort", 0, types.array, effect=Effect.REORDERS),
    Builtin("unique", 0, types.array, effect=Effect.REORDERS),
    Builtin("min", 0, types.item_or_null, effect=Effect.PICKS),
    Builtin("max", 0, types.item_or_null, effect=Effect.PICKS),
    Builtin(
        "_sort_by", 1, types.array, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.REORDERS
    ),
    Builtin(
        "_group_by", 1, types.groups, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.GROUPS
    ),
    Builtin(
        "_unique_by", 1, types.array, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.REORDERS
    ),
    Builtin(
        "_min_by", 1, types.item_or_null, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.PICKS
    ),
    Builtin(
        "_max_by", 1, types.item_or_null, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,), effect=Effect.PICKS
    ),
    Builtin("reverse", 0, types.reversed_value, Blanks.OUTSIDE, effect=Effect.REORDERS),
    Builtin("flatten", 0, types.some_array, Blanks.OUTSIDE),
    Builtin("flatten", 1, types.some_array, Blanks.OUTSIDE),
    Builtin("transpose", 0, types.some_arrays, Blanks.ITEMS),
    Builtin("combinations", 0, types.some_array, Blanks.ITEMS, outputs=Outputs.MANY),
    Builtin("to_entries", 0, types.entries, Blanks.OUTSIDE),
    Builtin("from_entries", 0, types.some_object, Blanks.ITEMS),
    Builtin("startswith", 1, BOOLEAN),
    Builtin("endswith", 1, BOOLEAN),
    Builtin("ltrimstr", 1, types.trimmed),
    Builtin("rtrimstr", 1, types.trimmed),
    Builtin("trim", 0, STRING),
    Builtin("ltrim", 0, STRING),
    Builtin("rtrim", 0, STRING),
    Builtin("split", 1, types.STRINGS),
    Builtin("join", 1, types.formatted, Blanks.OUTSIDE, of_arguments=(Blanks.MOVES,)),
    Builtin("ascii_downcase", 0, STRING),
    Builtin("ascii_upcase", 0, STRING),
    Builtin("explode", 0, ListType(INTEGER)),
    Builtin("implode", 0, STRING),
    Builtin("test", 1, BOOLEAN),
    Builtin("test", 2, BOOLEAN),
    Builtin("match", 1, types.MATCH, outputs=Outputs.MANY),
    Builtin("match", 2, types.MATCH, outputs=Outputs.MANY),
    Builtin("capture", 1, types.ANY_OBJECT, outputs=Outputs.MANY),
    Builtin("capture", 2, types.ANY_OBJECT, outputs=Outputs.MANY),
    Builtin("_scan", 2, types.ANYTHING, outputs=Outputs.MANY),
    Builtin("_split", 2, types.STRINGS),
    Builtin("_edits", 2, types.ANY_ARRAY),
    Builtin("_substitute", 2, STRING, outputs=Outputs.MANY),
    Builtin("gmtime", 0, types.NUMBERS),
    Builtin("localtime", 0, types.NUMBERS),
    Builtin("mktime", 0, NUMBER),
    Builtin("strftime", 1, STRING),
    Builtin("strflocaltime", 1, STRING),
    Builtin("strptime", 1, types.ANY_ARRAY),
    Builtin("fromdateiso8601", 0, NUMBER),
    Builtin("now", 0, NUMBER, Blanks.MOVES, reads=False),
    Builtin("input", 0, types.ANYTHING, Blanks.MOVES, reads=False),
    Builtin("inputs", 0, types.ANYTHING, Blanks.MOVES, outputs=Outputs.MANY, reads=False),
    Builtin("debug", 0, types.same, Blanks.MOVES, effect=Effect.PRINTS),
    Builtin("stderr", 0, types.same, Blanks.MOVES, effect=Effect.PRINTS),
    Builtin("input_filename", 0, or_null(STRING), Blanks.MOVES, reads=False),
    Builtin("input_line_number", 0, INTEGER, Blanks.MOVES, reads=False),
    Builtin("modulemeta", 0, types.ANY_OBJECT),
    Builtin("get_search_list", 0, types.STRINGS, Blanks.MOVES, reads=False),
    Builtin("builtins", 0, types.STRINGS, Blanks.MOVES, reads=False),
    Builtin("env", 0, types.ANY_OBJECT, Blanks.MOVES, reads=False),
    Builtin("halt", 0, NULL, Blanks.MOVES, outputs=Outputs.NONE, reads=False),
    Builtin(
        "halt_error",
        1,
        NULL,
        Blanks.MOVES,
        outputs=Outputs.NONE,
        of_arguments=(Blanks.REFUSES,),
        effect=Effect.PRINTS,
    ),
    Builtin("tostream", 0, types.some_array, Blanks.MOVES, outputs=Outputs.MANY),
    Builtin("_assembly", 0, types.part, Blanks.MOVES, reads=False),
    Builtin("_assemble", 1, types.part, Blanks.MOVES, of_arguments=(Blanks.OUTSIDE,)),
    Builtin("_assembled", 0, types.part, Blanks.MOVES, outputs=Outputs.MAYBE),
    Builtin("recurse", 0, types.part, Blanks.MOVES, outputs=Outputs.MANY),
    Builtin("getpath", 1, types.part, Blanks.MOVES, of_arguments=(Blanks.REFUSES,)),
    Builtin("setpath", 2, types.part, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES, Blanks.MOVES)),
    Builtin("delpaths", 1, types.part, Blanks.OUTSIDE, of_arguments=(Blanks.REFUSES,)),
    *(Builtin(name, 0, types.formatted, Blanks.MOVES) for name in FORMATS),
    Builtin("@csv", 0, types.formatted, Blanks.OUTSIDE),
    Builtin("@tsv", 0, types.formatted, Blanks.OUTSIDE),
    *(Builtin(name, 0, STRING) for name in ("@base64d", "@base32d", "@urid")),
    Builtin("format", 1, STRING),
    # not in jq: for OCPI data
    *(Builtin(name, 1, or_null(INTEGER)) for name in ("hour", "weekday")),
    *(Builtin(name, 1, or_null(STRING)) for name in ("year", "quarter", "month", "week", "day")),
    Builtin("utc", 0, or_null(STRING)),
    Builtin("duration_hours", 2, or_null(NUMBER), reads=False),
    Builtin("slots", 4, types.SLOT, outputs=Outputs.MANY, reads=False),
    Builtin("_round", 1, types.rounded),
    Builtin("fixed", 1, or_null(STRING)),
    Builtin("_power_kw", 3, or_null(NUMBER), reads=False),
    Builtin("excl_vat", 0, types.price, Blanks.MOVES),
    Builtin("incl_vat", 0, types.price, Blanks.MOVES),
)

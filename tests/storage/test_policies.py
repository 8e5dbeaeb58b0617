"""A policy file, and every mistake in it with its fix."""

from __future__ import annotations

from datetime import date

import pytest

from ocpiq.errors import UsageError
from ocpiq.privacy.policy import ModulePolicy, Permission, WindowLimits
from ocpiq.storage.policies import read_policy

FILE = b"""
expires = 2027-01-01
formats = ["csv", "parquet"]
window_min = "1d"
window_max = "1y"
plain_json = true
[cdrs]
pass = ["id", ".total_energy", "end_date_time as month", "total_cost.excl_vat as rounded( 0.5 )", '"x_depot.name"']
window_max = "1m"
[locations]
pass = ["."]
"""


def test_a_file() -> None:
    policy = read_policy(FILE, "of utrecht")
    assert (policy.expires, policy.formats, policy.plain_json) == (date(2027, 1, 1), ("csv", "parquet"), True)
    assert policy.modules["cdrs"] == ModulePolicy(
        (
            Permission("id"),
            Permission("total_energy"),
            Permission("end_date_time", "month"),
            Permission("total_cost.excl_vat", "rounded(0.5)"),
            Permission("x_depot.name"),
        ),
        WindowLimits("1d", "1m"),
    )
    assert policy.modules["locations"] == ModulePolicy(
        (Permission("."),)
    )  # without charging, without a limit
    assert len(policy.sha256) == 64


MISTAKES = {
    "x = = 1": "not TOML: Invalid value (at line 1, column 5)",
    'expire = "2027-01-01"': "unknown setting expire (did you mean expires?)",
    'expires = "soon"': "expires must be a date (such as expires = 2027-01-01)",
    "formats = 1": 'formats must be a list of texts (such as formats = ["csv"])',
    'window_min = "1 day"': 'window_min must be a length of time (such as window_min = "1d")',
    "plain_json = 1": "plain_json must be true or false",
    "[session]": "unknown module session (did you mean sessions?)",
    "[cdrs]\npas = []": "unknown setting of cdrs: pas (did you mean pass?)",
    '[cdrs]\npass = "id"': 'pass must be a list of texts (such as pass = ["end_date_time as month"])',
    '[cdrs]\npass = ["total_enrgy"]': "cdrs has no field total_enrgy (did you mean total_energy?)",
    '[cdrs]\npass = ["id as hash"]': "cdrs: unknown treatment hash (available: ",
    '[cdrs]\npass = ["id as month(3)"]': "cdrs: month takes no number",
    '[cdrs]\npass = ["total_energy as rounded"]': "cdrs: rounded takes the size of its steps (such as ",
    '[cdrs]\npass = ["total_energy as rounded(0.00)"]': "cdrs: rounded takes the size of its steps",
    '[cdrs]\npass = ["total_energy as rounded(00)"]': "cdrs: rounded takes the size of its steps",
    '[cdrs]\npass = ["id as prefix(2.5)"]': "cdrs: prefix takes a number of characters (such as prefix(4))",
    '[cdrs]\npass = ["id as prefix(0)"]': "cdrs: prefix takes a number of characters",
    '[cdrs]\npass = ["total_energy as month"]': "cdrs.total_energy is not a DateTime (it takes rounded(5), present, ",
    '[cdrs]\npass = ["currency as aggregate"]': "cdrs.currency is not a number",
    '[cdrs]\npass = ["charging_periods.dimensions.volume as aggregate"]': "volume is in a list",
    '[tariffs]\npass = ["min_price.excl_vat as aggregate"]': "tariffs has no field that names a driver",
    '[cdrs]\npass = ["cdr_location as pseudonym"]': "cdrs.cdr_location is an object; a treatment is for one of its",
    '[cdrs]\npass = [". as month"]': "cdrs: a treatment is for a field, not for the whole object",
    "k = 4": "k must be a whole number of drivers, at least 5 (such as k = 10)",
    'window_min = "1y"\nwindow_max = "1d"': "window_min, 1y, is longer than window_max, 1d",
    '[cdrs]\nwindow_min = "5w"\nwindow_max = "1m"': "window_min, 5w, is longer than window_max, 1m",
    'window_max = "1d"\n[cdrs]\nwindow_min = "2d"': "window_min, 2d, is longer than window_max, 1d",
    '[cdrs]\npass = ["id; kwh"]': 'cdrs: pass has an entry that is not a field (such as "end_date_time as month")',
    '[cdrs]\npass = [""]': "cdrs: pass has an entry that is not a field",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=MISTAKES)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        read_policy(text.encode(), "of utrecht")
    shown = error.value.message + (f" ({error.value.hint})" if error.value.hint else "")
    assert message in shown
    assert shown.startswith("the policy of utrecht")
    assert "\n" not in shown


def test_not_utf_8() -> None:
    with pytest.raises(UsageError, match="the policy of utrecht is not UTF-8"):
        read_policy(b"\xff", "of utrecht")

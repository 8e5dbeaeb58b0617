# Months, and the hours of a period in UTC: "2026", "2026-Q1" or "2026-03".

def two_digits: if . < 10 then "0\(.)" else tostring end;
def start_of: . + "-01T00:00:00Z";
def year_before: "\(.[:4] | tonumber - 1)\(.[4:])";
def next_month: .[:4] as $year | .[5:] | if . == "12" then "\($year | tonumber + 1)-01" else "\($year)-\(tonumber + 1 | two_digits)" end;
def months_of:
  .[:4] as $year
  | (if length == 4 then range(1; 13) elif .[5:6] == "Q" then (.[6:] | tonumber * 3) as $last | range($last - 2; $last + 1)
     elif length == 7 and .[5:6] != "W" then .[5:] | tonumber else error("the period must be a year, quarter or month") end)
  | "\($year)-\(two_digits)";
def hours_of: [months_of | duration_hours(next_month | start_of; start_of)] | add;

# Time in a status, from `statuses` of a status log. A change happened after the poll before (`earliest`) and not after
# the poll that saw it (`seen`): in between, the EVSE may have been in either status. So uptime has two bounds.

def later($a; $b): if duration_hours($a; $b) > 0 then $a else $b end;
def sooner($a; $b): if duration_hours($a; $b) > 0 then $b else $a end;

# The times of a status as pieces: `low` and `high` are 1 where the EVSE was up, for sure and at best, and 0 where it was
# down. Statuses in neither list (planned, removed) are not `counted`; what no poll saw is not `observed`.
def pieces($up; $down):
  . as $status
  | ({was: .status, since: .seen, to: .until_earliest}, {was: .previous, since: .earliest, to: .seen}) as $piece
  | select(duration_hours($piece.to; $piece.since) > 0)
  | [$piece.was, .status] as $both
  | ($both | all(. != null and . != "UNOBSERVED")) as $observed
  | [select($observed) | $both[] | if IN($up[]) then 1 elif IN($down[]) then 0 else empty end] as $values
  | {country_code, party_id, location_id, evse_uid, since: $piece.since, to: $piece.to, low: ($values | min // 0), high: ($values | max // 0),
     counted: (if $values == [] then 0 else 1 end), observed: (if $observed then 1 else 0 end)};

# Times from a file: JSON values (--slurpfile), or the text of a CSV file (--arg-file) with evse_uid, from and until.
def as_rows:
  if type == "string"
  then [gsub("[\r\"]"; "") | split("\n")[1:][] | select(. != "") | split(",") | {evse_uid: .[0], from: .[1], until: .[2]}]
  else . end;

# Whether a row with evse_uid is about the EVSE of a piece; on a hub, its party stands before: "NL-ABC EVSE1".
def is_about($piece): .evse_uid | IN($piece.evse_uid, "\($piece.country_code)-\($piece.party_id) \($piece.evse_uid)");

# The parts of a piece that lie in one of `times`, rows with evse_uid, from and until that do not overlap.
def within($times):
  . as $piece | ($times | as_rows)[] | select(is_about($piece))
  | $piece + {since: later($piece.since; .from), to: sooner($piece.to; .until)} | select(duration_hours(.to; .since) > 0);

# An outage in an `excused` time counts as time that the EVSE was up.
def excuse($excused): ., (within($excused) | .low = .counted - .low | .high = .counted - .high | .counted = 0 | .observed = 0);

# The moment, in seconds, at which a clock shows `$clock` ("07:30") some `$days` after the local day that begins at `$midnight`,
# also when clocks change.
def at_clock($midnight; $days; $clock; $zone):
  ($clock[:2] | tonumber) as $hour | $midnight + 3600 * ($hour + 24 * $days) + 60 * ($clock[3:5] | tonumber)
  | . + 3600 * (($hour - hour($zone) + 36) % 24 - 12);

# The regular hours of a location (`opening_times` of OCPI) from a moment to another, as {from, until} in seconds.
def regular_hours($opening; $zone; $from; $until):
  slots("day"; $from - 86400; $until; $zone) | (.start | fromdate) as $midnight | (.start | weekday($zone)) as $weekday
  | $opening.regular_hours[] | select(.weekday == $weekday)
  | (if .period_end > .period_begin then 0 else 1 end) as $days
  | {from: at_clock($midnight; 0; .period_begin; $zone), until: at_clock($midnight; $days; .period_end; $zone)};

def seconds: {from: (.from | fromdate), until: (.until | fromdate)};
def exceptional: .[]? | {from: .period_begin, until: .period_end} | seconds;

# Outside of opening hours, and in `closed` times, an EVSE does not count. Without regular hours a location is always open.
def without_closed($closed; $opening; $zone):
  . as $piece | (.since | fromdate) as $from | (.to | fromdate) as $until
  | (if $opening.twentyfourseven == true or ($opening.regular_hours // []) == [] then [{from: $from, until: $until}]
     else [regular_hours($opening; $zone; $from; $until), ($opening.exceptional_openings | exceptional)] end) as $open
  | [(($closed | as_rows)[] | select(is_about($piece)) | seconds), ($opening.exceptional_closings | exceptional)] as $shut
  | ., ([$from, $until, (($open[], $shut[]) | .from, .until | select(. > $from and . < $until))] | unique
    | . as $times | range(1; length) | {since: $times[. - 1], to: $times[.]} as $part
    | def covers: .from <= $part.since and .until >= $part.to;
      select((any($open[]; covers) | not) or any($shut[]; covers))
    | $piece + {since: ($part.since | todate), to: ($part.to | todate), low: -$piece.low, high: -$piece.high, counted: -$piece.counted, observed: 0});

# A row for each period of a unit that a piece touches, with hours.
def hours_by($unit):
  . as $piece | slots($unit; .since; .to)
  | {period: .slot, start, country_code: $piece.country_code, party_id: $piece.party_id, location_id: $piece.location_id,
     evse_uid: $piece.evse_uid, low: ($piece.low * .hours),
     high: ($piece.high * .hours), counted: ($piece.counted * .hours), observed: ($piece.observed * .hours)};

# The hours of a whole period that starts at `start`.
def whole($unit; $start): first(slots($unit; $start; ($start | fromdate + 35000000 | todate))) | .hours;

# Percent of the counted hours, and whether both bounds meet the target: not proven if more than 1 % was not observed.
def verdict(meets; $hours):
  (100 * .observed / $hours) as $observed | (.counted > 0) as $counts
  | (if $counts then [100 * .low / .counted, 100 * .high / .counted] else [null, null] end) as [$low, $high]
  | del(.start, .low, .high, .counted, .observed)
  | . + {uptime_low: ($low | values | round(3)) // null, uptime_high: ($high | values | round(3)) // null,
      observed: ($observed | round(3)),
      verdict: (if $observed < 99 or ($counts | not) then "not proven" elif $low | meets then "met"
                elif $high | meets | not then "missed" else "between the bounds" end)};

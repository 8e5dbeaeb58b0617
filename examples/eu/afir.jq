# What AFIR asks of an EVSE: an object for each mandatory element, and whether it is there.

def filled: tojson | IN("null", "\"\"", "[]", "{}") | not;

# Without a connector, nothing is there that a connector has.
def each_connector(f): (.connectors | length > 0) and all(.connectors[]; f | filled);

def elements($place): . as $evse | {
  "name of the operator": ($place.operator.name | filled),
  "contact of the operator": ($place.operator.website | filled),
  "owner": ($place.owner.name | filled),
  "address": (($place.address | filled) and ($place.city | filled)),
  "coordinates": ($place.coordinates | .latitude != null and any(.latitude, .longitude; tonumber != 0)),
  "opening hours": ($place.opening_times | filled),
  "time zone": ($place.time_zone | filled),
  "share of renewable energy": ($place.energy_mix.is_green_energy | filled),
  "id of the charge point": (.evse_id | filled),
  "status": (.status | filled and . != "UNKNOWN"),
  "means of payment": (.capabilities | filled),
  "access for disabled drivers and parking": (.parking_restrictions | filled),
  "connector": each_connector(.standard),
  "current, AC or DC": each_connector(.power_type),
  "maximum power": each_connector(power_kw),
  "ad hoc price": each_connector(.tariff_ids)
} | to_entries[] | {evse: $evse, element: .key, is_there: .value};

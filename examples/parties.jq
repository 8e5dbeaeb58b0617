# The parties of a hub: two of them may have objects with the same ids.

# A list of ids, one per line, has this id, alone or after its party as in "NL-ABC LOC1"; an empty list has all. Lines may end as
# those of Windows.
def is_in($listed; id): $listed == "" or any(id, "\(.country_code)-\(.party_id) \(id)"; IN($listed | gsub("\r"; "") | split("\n")[]));

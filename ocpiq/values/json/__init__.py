"""JSON text, all of it: read with care or fast, cut into slices or streams, written in the forms of jq."""

"""Values as the engine moves them: jq's types, order, equality and arithmetic, and the blank."""

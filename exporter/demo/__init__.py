"""The reference incident, replayed on this machine alone: an embedded shop, and three rooms as strict as real ones."""

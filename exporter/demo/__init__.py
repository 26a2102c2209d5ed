"""The reference incident, replayed on this machine alone: an embedded shop and two rooms as strict as the real ones."""

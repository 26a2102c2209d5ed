"""The reference incidents on real servers: each fault is made, seen, told in its room, repaired, and told as over."""

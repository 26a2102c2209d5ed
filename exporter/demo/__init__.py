"""A shop with the reference faults in it, and two chat rooms as strict as the real ones: no server is needed."""

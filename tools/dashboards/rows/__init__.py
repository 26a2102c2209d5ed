"""The rows of the detailed dashboards, by what they are about."""

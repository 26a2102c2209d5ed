"""Grafana's dashboards as typed Python: what each panel asks and says; `python -m tools.dashboards` writes the JSON."""

"""Panels as Grafana has them, by its own SDK."""

from __future__ import annotations

from collections.abc import Iterator
from functools import singledispatch
from typing import Any

from grafana_foundation_sdk.builders import common as parts
from grafana_foundation_sdk.builders import dashboard, heatmap, prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from tools.dashboards.nouns import Bars, Heat, Language, Lines, Panel, Query, States, Table, Tile, Words

SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The variable, so that a dashboard fits any Grafana."""
OK = Words("正常", "ok")
RUNBOOK = Words("处理手册", "Runbook")
DETAIL = Words("店铺明细", "This shop in detail")
_DASHED = DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 8]})


def drawn(panel: Panel, language: Language) -> Any:
    """The SDK's builder of this panel, all but its id and its place."""
    made = _of_kind(panel, language)
    made.title(panel.title.of(language)).description(panel.meaning.of(language)).datasource(SOURCE).unit(panel.unit)
    if panel.probe:
        made.links([runbook(panel.probe, language)])
    return made


def runbook(probe: str, language: Language) -> dashboard.DashboardLink:
    """To the page that the sidecar serves; `probe` may be a variable of Grafana's."""
    link = dashboard.DashboardLink(RUNBOOK.of(language)).type(DashboardLinkType.LINK)
    return link.url(f"${{sidecar:raw}}/runbooks/{probe}?lang={language}").target_blank(True)


def uid(board: str, language: Language) -> str:
    """Of the dashboard of that name: it stays, so that links stay."""
    return f"order-health-{board}-{language}"


def asked(query: Query, ref: str, language: Language) -> prometheus.Dataquery:
    legend = query.legend if isinstance(query.legend, str) else query.legend.of(language)
    return prometheus.Dataquery().expr(query.expr).legend_format(legend).ref_id(ref).datasource(SOURCE)


@singledispatch
def _of_kind(panel: Panel, _language: Language) -> Any:
    raise TypeError(type(panel))


@_of_kind.register
def _(panel: Lines, language: Language) -> timeseries.Panel:
    made = _over_time(panel, language).line_width(1).fill_opacity(40 if panel.stacked else 10)
    made.show_points(common.VisibilityMode.NEVER).span_nulls(False)
    if panel.stacked:
        made.stacking(parts.StackingConfig().mode(common.StackingMode.NORMAL))
    if panel.top is not None:
        made.min(0).max(panel.top)
    return made.interval(panel.least) if panel.least else made


@_of_kind.register
def _(panel: Bars, language: Language) -> timeseries.Panel:
    made = _over_time(panel, language).draw_style(common.GraphDrawStyle.BARS).fill_opacity(70).line_width(0)
    return made.stacking(parts.StackingConfig().mode(common.StackingMode.NORMAL)).interval(panel.least)


def _over_time(panel: Panel, language: Language) -> timeseries.Panel:
    made = timeseries.Panel().axis_soft_min(0)
    legend = parts.VizLegendOptions().show_legend(True).display_mode(common.LegendDisplayMode.LIST)
    made.legend(legend.placement(common.LegendPlacement.BOTTOM).calcs([]))
    made.tooltip(parts.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING))
    for ref, query in _referred(panel):
        made.with_target(asked(query, ref, language).range())
        if query.look:
            colour = "red" if query.look == "limit" else "text"
            made.override_by_query(ref, [_DASHED, _fixed(colour), DynamicConfigValue("custom.fillOpacity", 0)])
    return made


@_of_kind.register
def _(panel: Heat, language: Language) -> heatmap.Panel:
    made = heatmap.Panel().calculate(False).y_axis(heatmap.YAxisConfig().unit(panel.unit)).show_legend()
    colours = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(32)
    made.color(colours.exponent(0.5).fill("dark-orange"))
    for ref, query in _referred(panel):
        made.with_target(asked(query, ref, language).range().format(PromQueryFormat.HEATMAP))
    return made


@_of_kind.register
def _(panel: States, language: Language) -> statetimeline.Panel:
    said = {
        str(panel.good): ValueMappingResult(text=OK.of(language), color="green"),
        str(1 - panel.good): ValueMappingResult(text=panel.other.of(language), color="red"),
    }
    made = statetimeline.Panel().mappings([ValueMap(options=said)]).show_value(common.VisibilityMode.NEVER)
    made.merge_values(True).row_height(0.8).fill_opacity(75).line_width(0)
    for ref, query in _referred(panel):
        made.with_target(asked(query, ref, language).range())
    return made


@_of_kind.register
def _(panel: Tile, language: Language) -> stat.Panel:
    made = stat.Panel().graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.BACKGROUND)
    made.text_mode(common.BigValueTextMode.AUTO).reduce_options(parts.ReduceDataOptions().calcs(["lastNotNull"]))
    # the two halves of a tile with a limit: what is within it, and what is beyond
    steps = [Threshold(None, "green")] + ([Threshold(panel.red_from, "red")] if panel.red_from else [])
    made.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    for ref, query in _referred(panel):
        made.with_target(asked(query, ref, language).instant())
        if query.look == "limit":
            made.override_by_query(ref, [_fixed("red")])
    return made


@_of_kind.register
def _(panel: Table, language: Language) -> table.Panel:
    made = table.Panel().show_header(True).cell_height(common.TableCellHeight.SM)
    names = {label: words.of(language) for label, words in panel.labels}
    hidden = {"Time": True}
    for column, (ref, query) in zip(panel.columns, _referred(panel), strict=True):
        made.with_target(asked(query, ref, language).instant().format(PromQueryFormat.TABLE))
        value = f"Value #{ref}" if len(panel.columns) > 1 else "Value"
        title = column.title.of(language)
        if not title:
            hidden[value] = True
            continue
        names[value] = title
        made.override_by_name(title, [DynamicConfigValue("unit", column.unit), *_painted(column.red_from)])
    made.with_transformation(DataTransformerConfig(id_val="merge", options={}))
    order = {name: index for index, name in enumerate(names)}
    options = {"excludeByName": hidden, "indexByName": order, "renameByName": names}
    made.with_transformation(DataTransformerConfig(id_val="organize", options=options))
    for label, words in panel.labels:
        if properties := list(_of_label(label, words.of(language), language)):
            made.override_by_name(words.of(language), properties)
    if panel.columns[0].red_from is not None:
        made.sort_by([parts.TableSortByFieldState().display_name(panel.columns[0].title.of(language)).desc(True)])
    return made


def _of_label(label: str, column: str, language: Language) -> Iterator[DynamicConfigValue]:
    """A shop leads to its dashboard, a probe to its runbook, and a severity has its colour."""
    if label == "shop":
        variables = "var-shop=${__value.text}&${datasource:queryparam}&${sidecar:queryparam}&${__url_time_range}"
        yield DynamicConfigValue(
            "links", [{"title": DETAIL.of(language), "url": f"/d/{uid('shop', language)}?{variables}"}]
        )
    if label == "probe":
        link = runbook("${__data.fields." + column + "}", language).build().to_json()
        yield DynamicConfigValue("links", [{key: link[key] for key in ("title", "url", "targetBlank")}])
    if label == "severity":
        colours = {"critical": "red", "warning": "orange", "info": "blue"}
        options = {name: {"color": colour, "index": place} for place, (name, colour) in enumerate(colours.items())}
        yield DynamicConfigValue("mappings", [{"type": "value", "options": options}])
        yield DynamicConfigValue("custom.cellOptions", {"type": "color-text"})


def _painted(red_from: float | None) -> Iterator[DynamicConfigValue]:
    if red_from is None:
        return
    steps = [{"value": None, "color": "transparent"}, {"value": red_from, "color": "red"}]
    yield DynamicConfigValue("thresholds", {"mode": "absolute", "steps": steps})
    yield DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"})


def _fixed(colour: str) -> DynamicConfigValue:
    return DynamicConfigValue("color", {"mode": FieldColorModeId.FIXED, "fixedColor": colour})


def _referred(panel: Panel) -> Iterator[tuple[str, Query]]:
    queries = tuple(column.query for column in panel.columns) if isinstance(panel, Table) else panel.queries
    return zip("ABCDEFGHIJKL", queries, strict=False)

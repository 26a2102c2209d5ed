"""A whole dashboard: its variables, annotations and links, and where each panel stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import (
    AnnotationQuery,
    DashboardCursorSync,
    DashboardLinkType,
    GridPos,
    VariableModel,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from tools.dashboards.drawing import SOURCE, drawn, uid
from tools.dashboards.nouns import Board, Choice, Language, Panel, Row, Words
from tools.dashboards.sums import alerts

WIDTH = 24
SIDECAR = "http://127.0.0.1:9847"
"""Where compose.yaml shows the sidecar; the text box is for every other place."""

_SHOP = Choice("shop", Words("店铺", "Shop"), "order_health_probe_success")
_SOURCE = Words("数据源", "Data source")
_ADDRESS = Words("order-health 地址", "Address of order-health")
_ALERTS = Words("告警", "Alerts")
_OTHERS = Words("其他仪表盘", "Other dashboards")
_PAGE = Words("状态页", "Status page")


class _PrometheusAnnotation(AnnotationQuery):
    """The SDK does not know the keys of this data source's annotations."""

    def to_json(self) -> dict[str, object]:
        own = {"titleFormat": "{{alertname}}", "textFormat": "{{shop}} {{probe}}", "tagKeys": "severity,probe"}
        return {**super().to_json(), **own}


class _Alerts(Builder[AnnotationQuery]):
    """A mark from the start to the end of each alert; what is of no shop belongs to all of them."""

    def __init__(self, language: Language) -> None:
        self._name = _ALERTS.of(language)

    def build(self) -> AnnotationQuery:
        return _PrometheusAnnotation(self._name, SOURCE, icon_color="red", expr=alerts('shop=~"$shop|"'))


def text(board: Board, language: Language) -> str:
    """The file: the same bytes for the same board."""
    made = build.Dashboard(board.title.of(language)).uid(uid(board.name, language)).tags(["order-health", language])
    made.description(board.meaning.of(language)).timezone("browser").refresh("30s").time("now-6h", "now")
    # provisioned files win over what is saved in Grafana; a copy may be edited
    made.editable().tooltip(DashboardCursorSync.CROSSHAIR).version(1)
    for variable in _variables(board, language):
        made.with_variable(variable)
    made.annotation(_Alerts(language))
    for link in _links(language):
        made.link(link)
    _place(made, board.rows, language)
    return json.dumps(made.build(), cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _place(made: build.Dashboard, rows: Iterable[Row], language: Language) -> None:
    """Lines of panels from left to right; a row's title is one high."""
    y, ids = 0, iter(range(1, 1000))
    for row in rows:
        titled = build.Row(row.title.of(language)).id(next(ids)).grid_pos(GridPos(h=1, w=WIDTH, x=0, y=y))
        made.with_row(titled.repeat("shop") if row.repeated else titled)
        y += 1
        for line in _lines(row.panels):
            x = 0
            for panel in line:
                place = GridPos(h=panel.height, w=panel.width, x=x, y=y)
                made.with_panel(drawn(panel, language).id(next(ids)).grid_pos(place))
                x += panel.width
            y += max(panel.height for panel in line)


def _lines(panels: Iterable[Panel]) -> Iterator[list[Panel]]:
    line: list[Panel] = []
    for panel in panels:
        if sum(each.width for each in line) + panel.width > WIDTH:
            yield line
            line = []
        line.append(panel)
    yield line


def _variables(board: Board, language: Language) -> Iterator[Builder[VariableModel]]:
    yield build.DatasourceVariable("datasource").label(_SOURCE.of(language)).type("prometheus")
    for choice in (_SHOP, *board.choices):
        variable = build.QueryVariable(choice.name).label(choice.title.of(language)).datasource(SOURCE)
        query = f"label_values({choice.selector}, {choice.name})"
        # 1: what Grafana calls a query for the values of a label
        variable.query({"qryType": 1, "query": query, "refId": "values"}).multi(True).include_all(True)
        variable.all_value(".+").current(VariableOption(selected=True, text=["All"], value=["$__all"]))
        yield variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)
    address = VariableOption(selected=True, text=SIDECAR, value=SIDECAR)
    box = build.TextBoxVariable("sidecar").label(_ADDRESS.of(language)).default_value(SIDECAR)
    yield box.current(address).options([address])


def _links(language: Language) -> Iterator[build.DashboardLink]:
    others = build.DashboardLink(_OTHERS.of(language)).type(DashboardLinkType.DASHBOARDS).as_dropdown(True)
    yield others.tags(["order-health", language]).include_vars(True).keep_time(True)
    page = build.DashboardLink(_PAGE.of(language)).type(DashboardLinkType.LINK).target_blank(True)
    yield page.url(f"${{sidecar:raw}}/?lang={language}")

"""A sidecar over many shops, as its pages see it: made up, but counted and rendered by the real rooms."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from exporter import overview
from exporter.model import Alert, Asked, Case, Delivery, Gap, Metric, Name, Reading, Record, Step, fingerprint
from exporter.silences import Desk, Terms
from exporter.sparks import Sparks
from exporter.state import State
from exporter.web.details import Dossier, Inspection, RuleText
from exporter.web.status import SHANGHAI, Notice

AT = datetime(2026, 3, 1, 19, 12, 5, tzinfo=UTC)
PROBES = (
    "pending_paid", "negative_stock", "replica_lag", "export_cache", "export_rows", "slow_queries", "message_size",
    "consumer_delay", "schema_watch", "fulfilment", "partner_events", "order_rate",
)  # fmt: skip
ORDERS = Metric("order_health_pending_paid_orders", "x", ("pay_channel", "age"))
OLDEST = Metric("order_health_pending_paid_oldest_timestamp_seconds", "x")
SQL = "SELECT orders.id, orders.order_no FROM orders WHERE orders.status IN (?, ?, ?) AND orders.paid_at < ? LIMIT ?"


class Crowd:
    """What `app` shows the web. Every ninth shop has trouble; `hostile` stands wherever somebody outside can write."""

    def __init__(self, shops=200, probes=PROBES, hostile=""):
        self.hostile, self.at = hostile, AT
        self.sparks = Sparks()
        self.readings = {}
        for number in range(shops):
            for each in probes:
                self._read(f"shop-{number:03}", number, each)
        self.alerts = list(self._alerts(shops))
        self.terms = Terms(30 * 86400.0, "zh", "", SHANGHAI)
        state = State("sqlite://")
        self.desk = Desk(state, now=lambda: self.at, active=lambda: self.alerts, terms=lambda: self.terms)
        self.watch = SimpleNamespace(
            readings=lambda: self.readings,
            names=lambda: list(self.readings),
            next_run=lambda name: self.at + timedelta(seconds=15),
        )

    def _read(self, shop, number, probe):
        name, error, gaps = Name(shop, probe), None, ()
        samples = (ORDERS(number % 9 == 4 and 89, pay_channel=self.hostile or "wechat", age="under_2h"),)
        samples += (OLDEST(AT.timestamp() - 8000),)
        if number % 9 == 5 and probe == "replica_lag":
            error, samples = f"Can't connect to MySQL server on '10.0.0.9' {self.hostile}", ()
        if probe == "export_cache" and number % 2:
            gaps, samples = (Gap("orders", f"没有这张表 {self.hostile} / there is no such table {self.hostile}"),), ()
        last = None if error else AT - timedelta(seconds=12)
        self.readings[name] = Reading(probe, shop, AT - timedelta(seconds=12), 0.0042, samples, gaps, error, last)
        for ago in range(40, 0, -1):
            value = (ORDERS(90 - ago if number % 9 == 4 else ago % 7, pay_channel="wechat", age="under_2h"),)
            then = AT - timedelta(seconds=20 * ago)
            self.sparks.note(Reading(probe, shop, then, 0.1, value if ago % 13 else (), (), None if ago % 13 else "x"))

    def _alerts(self, shops):
        for number in range(4, shops, 9):
            labels = {"shop": f"shop-{number:03}", "probe": "pending_paid", "severity": "critical"}
            labels |= {"alertname": "OrdersPaidYetPending", "note": self.hostile}
            cases = tuple(
                Case(
                    f"OH20260301{n:06}{self.hostile}",
                    AT - timedelta(minutes=n),
                    f"¥{n}.00 {self.hostile}",
                    self.hostile,
                )
                for n in range(89)
            )
            said = {"summary": f"89 笔订单已付款仍待支付（shop-{number:03}）{self.hostile}", "unit": "笔订单"}
            said |= {
                "summary_en": f"89 orders are paid, yet pending (shop-{number:03}) {self.hostile}",
                "unit_en": "orders",
            }
            said |= {"description": f"支付回调已成功，订单状态却没有更新。请按处理手册逐单核对后修复。{self.hostile}"}
            said |= {"description_en": f"The callback came, the order did not follow. {self.hostile}"}
            said |= {"runbook_url": "docs/runbooks/pending_paid.md"}
            yield Alert("OrdersPaidYetPending", labels, "firing", AT - timedelta(minutes=14), 89, said, cases)

    # what the web asks

    def page(self, accept, gzip):
        return b"", "text/plain", False

    def ready(self):
        return None

    def reload(self):
        return []

    def status(self, language):
        rooms = (
            Delivery("ops", "dingtalk", 2, AT - timedelta(minutes=3), AT - timedelta(minutes=13), True, "ok"),
            Delivery("duty", "wecom", 0, None, AT, False, f"errcode 93000: invalid webhook url {self.hostile}"),
        )
        return overview.status(
            self.at,
            config=SimpleNamespace(zone=SHANGHAI),
            watch=self.watch,
            active=self.alerts,
            mutes={},
            desk=self.desk,
            rooms=rooms,
            language=language,
            notices=[Notice("warning", f"A rule cannot be evaluated: {self.hostile}")] if self.hostile else (),
        )

    def runbook(self, name, language):
        return None

    def trend(self, name):
        return self.sparks.trend(name)

    def inspection(self, name, language):
        if name not in self.readings:
            return None
        shown = self.status(language)
        row = next(row for row in shown.probes if row.name == name)
        steps = (Step(f"orders{self.hostile}", "range", "orders_paid", 120),)
        return Inspection(
            AT,
            SHANGHAI,
            row,
            AT - timedelta(seconds=12),
            (Asked(SQL + self.hostile, 0.0021, 89, steps), Asked(SQL, 0.3, 0)),
            2,
            {"every": "30s", "timeout": "3s", "grace": "2m"},
            {"stale": 600.0},
            alerts=tuple(each for each in shown.alerts if each.shop == name.shop),
            trend=self.trend(name),
        )

    def dossier(self, name, language):
        row = next((row for row in self.status(language).alerts if row.fingerprint == name), None)
        alert = next((each for each in self.alerts if fingerprint(each.labels) == name), None)
        if alert is None:
            return None
        began = AT - timedelta(days=1)
        records = tuple(
            Record(began + timedelta(hours=n), alert.rule, alert.labels, status, began, 89, muted)
            for n, status, muted in ((5, "firing", ""), (3, "resolved", "silenced"), (1, "firing", ""))
        )
        rule = RuleText(f"sum(x) > 0 # {self.hostile}", 60, 0, "rules/pending_paid.yml:7", "pending_paid")
        return Dossier(name, alert.rule, alert.labels, row, records, rule, rooms=("ops", self.hostile or "duty"))

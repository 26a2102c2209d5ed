"""A real Prometheus scrapes us: plain, and through TLS with a client certificate and a password."""

import bcrypt
import pytest

from exporter.model import Reading
from exporter.web.access import Access
from tests.servers import prometheus

from .conftest import AT, ORDERS

SCRAPE = """
global: {scrape_interval: 200ms}
scrape_configs:
- job_name: plain
  static_configs: [{targets: ["127.0.0.1:%(plain)d"]}]
- job_name: guarded
  scheme: https
  tls_config: {ca_file: "%(folder)s/ca.crt", cert_file: "%(folder)s/prometheus.crt", key_file: "%(folder)s/prometheus.key"}
  basic_auth: {username: prometheus, password: s3cret}
  static_configs: [{targets: ["127.0.0.1:%(guarded)d"]}]
- job_name: stranger
  scheme: https
  tls_config: {ca_file: "%(folder)s/ca.crt"}
  static_configs: [{targets: ["127.0.0.1:%(guarded)d"]}]
"""

WEB_CONFIG = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  client_allowed_sans: [prometheus.example.com]
basic_auth_users:
  prometheus: {hash}
"""


@pytest.mark.server
def test_prometheus_scrapes_us_plain_and_guarded(serve, view, certificates, tmp_path):
    file = certificates / "prometheus.yml"
    file.write_text(WEB_CONFIG.format(hash=bcrypt.hashpw(b"s3cret", bcrypt.gensalt(8)).decode()))
    plain, guarded = serve(), serve(access=Access.load(file))
    config = SCRAPE % {"plain": plain.port, "guarded": guarded.port, "folder": certificates}
    with prometheus.running(tmp_path, config) as server:
        for job in ("plain", "guarded"):
            assert server.wait_for(f'up{{job="{job}"}} == 1')
            (found,) = server.wait_for(f'{ORDERS.name}{{job="{job}"}}')
            assert found["metric"]["shop"] == "main"
            assert found["metric"]["pay_channel"] == "wechat"
            assert found["value"][1] == "89"
        assert server.wait_for('up{job="stranger"} == 0')

        view.exposition.put(Reading("pending_paid", "main", AT, 0.1, error="the database is gone"))
        assert server.wait_for('order_health_probe_success{job="guarded",probe="pending_paid"} == 0')
        assert server.wait_for(f"absent({ORDERS.name})")

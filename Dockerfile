FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /build && python -m venv /opt/order-health
COPY requirements-build.lock requirements.lock ./
RUN /build/bin/pip install --require-hashes --only-binary :all: -r requirements-build.lock
RUN /opt/order-health/bin/pip install --no-compile --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE config.example.yaml ./
COPY exporter exporter
COPY rules rules
COPY grafana grafana
COPY deploy deploy
COPY docs/runbooks docs/runbooks
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/order-health/bin/pip install --no-compile --no-deps --no-index /dist/*.whl \
    && /opt/order-health/bin/pip uninstall --yes pip
# without docstrings, asserts and column numbers a sidecar holds 4 MiB less; nothing can be compiled when it starts
ENV PYTHONOPTIMIZE=2 PYTHONNODEBUGRANGES=1
RUN /opt/order-health/bin/python -m compileall -q /opt/order-health/lib

FROM python:3.13-slim-trixie
LABEL org.opencontainers.image.title="order-health" \
      org.opencontainers.image.description="Watches an order system: Prometheus metrics, cards in DingTalk, WeCom and Feishu, a runbook behind each." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 order-health \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/order-health \
       --shell /usr/sbin/nologin order-health \
    && install --directory --owner 10001 --group 10001 --mode 0750 /var/lib/order-health \
    && install --directory /etc/order-health
COPY --from=build /opt/order-health /opt/order-health
ENV PATH=/opt/order-health/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
ENV PYTHONOPTIMIZE=2 PYTHONNODEBUGRANGES=1
RUN python -m compileall -q "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
# glibc keeps a heap for each of many threads: with two hundred shops that is 12 MiB
ENV MALLOC_ARENA_MAX=2
# alerts, the outbox and temporary files; everything else may be mounted read-only
ENV TMPDIR=/var/lib/order-health
WORKDIR /var/lib/order-health
VOLUME /var/lib/order-health
USER 10001:10001
EXPOSE 9847
HEALTHCHECK --interval=15s --timeout=3s --start-period=10s --retries=3 CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 9847, timeout=2); c.request('GET', '/-/healthy'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["order-health"]
CMD ["run", "--config.file", "/etc/order-health/config.yaml", "--web.listen-address", "0.0.0.0:9847"]

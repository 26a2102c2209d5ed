"""`order-health run`: until SIGTERM or Ctrl-C; SIGHUP re-reads the configuration."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading

from exporter.commands import config_file


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)
    parser.add_argument("--web.listen-address", dest="listen", metavar="A", help="instead of web.listen")
    parser.add_argument(
        "--web.config.file", dest="web_config", metavar="W", help="TLS and basic auth, exporter-toolkit's form"
    )


def run(args: argparse.Namespace) -> int:
    from exporter.app import App, StartFaultError

    # what comes before there is anything to read again is kept until there is
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        app = App(args.config_file, listen=args.listen, web_config=args.web_config)
    except StartFaultError as fault:
        print(fault, file=sys.stderr)
        return 1
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: app.stop())
    # a handler must not wait for the locks that the interrupted thread may hold
    signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=app.reload, daemon=True).start())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    code = app.run()
    logging.shutdown()
    os._exit(code)  # a run that hangs in a database has nothing more to say, and the interpreter would wait for it

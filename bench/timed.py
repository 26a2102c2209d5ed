"""`order-health` with a note of every run, in the file that comes first: when it was due, began and ended."""

import sys
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from apscheduler.executors.base import BaseExecutor

from exporter import watch
from exporter.__main__ import main
from exporter.model import Reading


def note(file: Path) -> None:
    """From now on each run of a probe writes a line: job, due, began, ended (Unix time), and whether it answered."""
    due: dict[str, float] = {}
    log = file.open("a", buffering=1)
    submit, read = BaseExecutor.submit_job, watch.read

    def submitted(executor: BaseExecutor, job: Any, run_times: list[datetime]) -> None:
        submit(executor, job, run_times)
        due[job.id] = run_times[-1].timestamp()

    def timed(*asked: Any) -> Reading:
        began = time()
        reading = read(*asked)
        name = reading.name.said
        log.write(f"{name} {due.get(name, began)} {began} {time()} {reading.error is None}\n")
        return reading

    BaseExecutor.submit_job, watch.read = submitted, timed


if __name__ == "__main__":
    note(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))

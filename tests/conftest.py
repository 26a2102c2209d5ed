"""The servers are plugins, so that every folder of tests shares one of each."""

import os

from hypothesis import settings

pytest_plugins = [
    f"tests.servers.{name}" for name in ("mariadb", "origin", "postgres", "rabbitmq", "redis", "replicated")
]

# a landing is decided by the same examples each time; new ones are looked for at the desk
settings.register_profile("desk", deadline=None)
settings.register_profile("landing", deadline=None, derandomize=True)
settings.load_profile("landing" if os.environ.get("CI") else "desk")

"""The servers are plugins, so that every folder of tests shares one of each."""

pytest_plugins = ["tests.servers.mariadb", "tests.servers.postgres"]

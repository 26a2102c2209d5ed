"""How a server is asked about its own replication."""

from __future__ import annotations

STATEMENTS = {
    "mariadb": "SHOW ALL SLAVES STATUS",
    "replica": "SHOW REPLICA STATUS",
    "slave": "SHOW SLAVE STATUS",
}
"""In this order, of which every MariaDB, MySQL and TiDB knows one.

MariaDB answers SHOW SLAVE STATUS with nothing when its only connection has a name. MySQL 8.4 knows the new words only,
5.7 the old ones only.
"""

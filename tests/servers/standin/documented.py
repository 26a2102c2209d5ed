"""What MySQL 5.7, 8.0 and 8.4 say of themselves: documented, not run against a real server.

Sources, each for the version in the address:
    https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html (defaults), replication-options-*.html
    https://dev.mysql.com/doc/refman/8.4/en/show-replica-status.html (columns), refman/5.7/en/show-slave-status.html
    https://dev.mysql.com/doc/refman/8.4/en/performance-schema-statement-summary-tables.html (digests)
    https://dev.mysql.com/doc/refman/8.4/en/performance-schema-replication-applier-status-by-worker-table.html
    https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html (mysql.slow_log), processlist-table.html
    https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html (codes and texts)
"""

from __future__ import annotations

from typing import Any

RELEASES = {"5.7": "5.7.44", "8.0": "8.0.36", "8.4": "8.4.3"}
"""The versions that a stand-in answers as: what VERSION() says."""

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"

_VARIABLES: dict[str, Any] = {
    "autocommit": True,
    "binlog_format": "ROW",
    "character_set_client": "utf8mb4",
    "character_set_connection": "utf8mb4",
    "character_set_results": "utf8mb4",
    "character_set_server": "utf8mb4",
    "collation_connection": "utf8mb4_general_ci",
    "enforce_gtid_consistency": "ON",
    "external_user": "",
    "gtid_executed": f"{UUID}:1-1000",
    "gtid_mode": "ON",
    "gtid_purged": "",
    "hostname": "standin",
    "innodb_lock_wait_timeout": 50,
    "lock_wait_timeout": 31536000,
    "log_output": "FILE",
    "long_query_time": 10.0,
    "lower_case_table_names": 0,
    "max_allowed_packet": 67108864,
    "max_execution_time": 0,
    "performance_schema": True,
    "performance_schema_digests_size": 10000,
    "port": 3306,
    "read_only": False,
    "report_host": None,
    "server_id": 1,
    "server_uuid": UUID,
    "slow_query_log": False,
    "sql_mode": "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO",
    "super_read_only": False,
    "system_time_zone": "UTC",
    "time_zone": "SYSTEM",
    "transaction_isolation": "REPEATABLE-READ",
    "transaction_read_only": False,
    "version_compile_os": "Linux",
    "wait_timeout": 28800,
}

_ONLY = {
    # tx_isolation and query_cache_* were removed in 8.0; the replica_* names came in 8.0.26.
    "5.7": {
        "version_comment": "MySQL Community Server (GPL)",
        "log_bin": False,
        "log_slave_updates": False,
        "query_cache_type": 0,
        "slave_parallel_workers": 0,
        "tx_isolation": "REPEATABLE-READ",
        "tx_read_only": False,
    },
    "8.0": {
        "version_comment": "MySQL Community Server - GPL",
        "log_bin": True,
        "log_slave_updates": True,
        "log_replica_updates": True,
        "replica_parallel_workers": 4,
        "slave_parallel_workers": 4,
        "default_authentication_plugin": "caching_sha2_password",
    },
    "8.4": {
        "version_comment": "MySQL Community Server - GPL",
        "log_bin": True,
        "log_replica_updates": True,
        "replica_parallel_workers": 4,
        "explain_json_format_version": 1,
    },
}


def variables(release: str) -> dict[str, Any]:
    """The global variables of that release, by lower-case name; a bool is ON or OFF in SHOW, 1 or 0 in SELECT."""
    return {**_VARIABLES, "version": RELEASES[release], **_ONLY[release]}


STATUS = {"Uptime": "86400", "Threads_connected": "5", "Slow_queries": "0", "Performance_schema_digest_lost": "0"}

_REPLICA: dict[str, Any] = {
    "Replica_IO_State": "Waiting for source to send event",
    "Source_Host": "10.0.0.5",
    "Source_User": "repl",
    "Source_Port": 3306,
    "Connect_Retry": 60,
    "Source_Log_File": "binlog.000002",
    "Read_Source_Log_Pos": 1307,
    "Relay_Log_File": "relay.000003",
    "Relay_Log_Pos": 1508,
    "Relay_Source_Log_File": "binlog.000002",
    "Replica_IO_Running": "Yes",
    "Replica_SQL_Running": "Yes",
    **dict.fromkeys(
        (
            "Replicate_Do_DB", "Replicate_Ignore_DB", "Replicate_Do_Table", "Replicate_Ignore_Table",
            "Replicate_Wild_Do_Table", "Replicate_Wild_Ignore_Table",
        ), "",
    ),
    "Last_Errno": 0,
    "Last_Error": "",
    "Skip_Counter": 0,
    "Exec_Source_Log_Pos": 1307,
    "Relay_Log_Space": 1858,
    "Until_Condition": "None",
    "Until_Log_File": "",
    "Until_Log_Pos": 0,
    "Source_SSL_Allowed": "No",
    **dict.fromkeys(
        ("Source_SSL_CA_File", "Source_SSL_CA_Path", "Source_SSL_Cert", "Source_SSL_Cipher", "Source_SSL_Key"), ""
    ),
    "Seconds_Behind_Source": 0,
    "Source_SSL_Verify_Server_Cert": "No",
    "Last_IO_Errno": 0,
    "Last_IO_Error": "",
    "Last_SQL_Errno": 0,
    "Last_SQL_Error": "",
    "Replicate_Ignore_Server_Ids": "",
    "Source_Server_Id": 1,
    "Source_UUID": UUID,
    "Source_Info_File": "mysql.slave_master_info",
    "SQL_Delay": 0,
    "SQL_Remaining_Delay": None,
    "Replica_SQL_Running_State": "Replica has read all relay log; waiting for more updates",
    "Source_Retry_Count": 86400,
    "Source_Bind": "",
    "Last_IO_Error_Timestamp": "",
    "Last_SQL_Error_Timestamp": "",
    "Source_SSL_Crl": "",
    "Source_SSL_Crlpath": "",
    "Retrieved_Gtid_Set": f"{UUID}:1-1000",
    "Executed_Gtid_Set": f"{UUID}:1-1000",
    "Auto_Position": 1,
    "Replicate_Rewrite_DB": "",
    "Channel_Name": "",
    "Source_TLS_Version": "",
}  # fmt: skip
_REPLICA_57 = {
    "Replica_IO_State": "Waiting for master to send event",
    "Replica_SQL_Running_State": "Slave has read all relay log; waiting for more updates",
}
_REPLICA_8 = {"Source_public_key_path": "", "Get_Source_public_key": 0, "Network_Namespace": ""}


def replica(release: str) -> dict[str, Any]:
    """One row of SHOW REPLICA STATUS of a replica at rest, in the names of 8.0.22 and later."""
    return {**_REPLICA, **(_REPLICA_57 if release == "5.7" else _REPLICA_8)}


def old_name(name: str) -> str:
    """The name that a column of SHOW REPLICA STATUS has in SHOW SLAVE STATUS."""
    if name == "Get_Source_public_key":
        return "Get_master_public_key"
    return name.replace("Source", "Master").replace("Replica", "Slave").replace("Slavete", "Replicate")

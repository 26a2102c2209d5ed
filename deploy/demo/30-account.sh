# The account of the sidecar: it may read the shop's four tables, on few connections, and nothing else.
# The image's start-up script sources this file; its `docker_process_sql` asks the server as root.
docker_process_sql <<SQL
CREATE USER order_health@'%' IDENTIFIED BY '${SHOP_DB_PASSWORD//\'/\'\'}' WITH MAX_USER_CONNECTIONS 5;
GRANT SELECT ON shop.orders TO order_health@'%';
GRANT SELECT ON shop.pay_callback TO order_health@'%';
GRANT SELECT ON shop.inventory TO order_health@'%';
GRANT SELECT ON shop.inventory_lock TO order_health@'%';
SQL

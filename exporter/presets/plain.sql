-- The order system of the reference incidents, in SQL that MariaDB, MySQL and SQLite all read.
-- One statement ends at each ";". Times are Beijing time, amounts of orders yuan, amounts of callbacks fen.
CREATE TABLE orders (
  id BIGINT NOT NULL PRIMARY KEY,
  order_no VARCHAR(32) NOT NULL UNIQUE,
  out_trade_no VARCHAR(64) NOT NULL UNIQUE,
  status VARCHAR(20) NOT NULL,
  amount DECIMAL(12,2) NOT NULL,
  currency CHAR(3) NOT NULL DEFAULT 'CNY',
  pay_channel VARCHAR(20) NULL,
  transaction_id VARCHAR(64) NULL,
  created_at DATETIME NOT NULL,
  paid_at DATETIME NULL,
  updated_at DATETIME NOT NULL
);
CREATE INDEX orders_status_created ON orders (status, created_at);
CREATE INDEX orders_paid ON orders (paid_at);
CREATE TABLE pay_callback (
  id BIGINT NOT NULL PRIMARY KEY,
  out_trade_no VARCHAR(64) NOT NULL,
  transaction_id VARCHAR(64) NULL,
  trade_state VARCHAR(20) NOT NULL,
  amount_fen BIGINT NOT NULL,
  pay_channel VARCHAR(20) NOT NULL,
  received_at DATETIME NOT NULL
);
CREATE INDEX pay_callback_received ON pay_callback (received_at);
CREATE INDEX pay_callback_trade_no ON pay_callback (out_trade_no);
CREATE TABLE inventory (
  id BIGINT NOT NULL PRIMARY KEY,
  warehouse_id VARCHAR(32) NOT NULL,
  sku_id VARCHAR(64) NOT NULL,
  quantity INTEGER NOT NULL,
  reserved INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX inventory_warehouse_sku ON inventory (warehouse_id, sku_id);
CREATE INDEX inventory_quantity ON inventory (quantity);
CREATE TABLE inventory_lock (
  id BIGINT NOT NULL PRIMARY KEY,
  order_id BIGINT NOT NULL,
  sku_id VARCHAR(64) NOT NULL,
  warehouse_id VARCHAR(32) NOT NULL,
  quantity INTEGER NOT NULL,
  status VARCHAR(20) NOT NULL DEFAULT 'locked',
  created_at DATETIME NOT NULL
);
CREATE INDEX inventory_lock_created ON inventory_lock (created_at);

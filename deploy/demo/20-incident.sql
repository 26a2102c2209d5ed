-- The reference incident, counted back from the moment this is loaded: of 142 orders pending for up to three hours,
-- 89 are paid, and warehouse A stands at -1 of one SKU. Beside them a shop that is well.
SET time_zone = '+08:00';

INSERT INTO orders (id, order_no, out_trade_no, status, amount, pay_channel, transaction_id, created_at, paid_at, updated_at)
SELECT seq, CONCAT('SO', 100000 + seq), CONCAT('OT', 100000 + seq), 'completed', 99.00 + seq % 50,
  IF(seq % 3, 'wechat', 'unionpay'), CONCAT('TX', 100000 + seq),
  NOW() - INTERVAL (5 * seq) SECOND, NOW() - INTERVAL (5 * seq - 30) SECOND, NOW() - INTERVAL (5 * seq - 30) SECOND
FROM seq_100_to_2300;

INSERT INTO orders (id, order_no, out_trade_no, status, amount, pay_channel, created_at, updated_at)
SELECT 5000 + seq, CONCAT('SO', 105000 + seq), CONCAT('OT', 105000 + seq), 'pending', 128.00,
  IF(seq % 3, 'wechat', 'unionpay'), NOW() - INTERVAL (300 + 72 * seq) SECOND, NOW() - INTERVAL (300 + 72 * seq) SECOND
FROM seq_1_to_142;

INSERT INTO pay_callback (id, out_trade_no, transaction_id, trade_state, amount_fen, pay_channel, received_at)
SELECT id, out_trade_no, COALESCE(transaction_id, CONCAT('TX', 100000 + id)), IF(pay_channel = 'wechat', 'SUCCESS', '00'),
  ROUND(amount * 100), pay_channel, COALESCE(paid_at, created_at + INTERVAL 30 SECOND)
FROM orders WHERE status = 'completed' OR (id - 5000) % 8 < 5;

INSERT INTO inventory (id, warehouse_id, sku_id, quantity)
SELECT seq, ELT(1 + seq % 3, 'A', 'B', 'C'), CONCAT('SKU-', 1000 + seq DIV 3), 20 + seq % 30 FROM seq_3_to_62;
UPDATE inventory SET quantity = -1 WHERE warehouse_id = 'A' AND sku_id = 'SKU-1007';

INSERT INTO inventory_lock (id, order_id, sku_id, warehouse_id, quantity, status, created_at)
SELECT seq, 5000 + seq, CONCAT('SKU-', 1000 + seq), 'A', 1, 'locked', NOW() - INTERVAL 1 HOUR FROM seq_6_to_8;

-- How long exits take
-- By reason and what they reach: the times that half of them, 90 and 99 of 100 do not exceed, each as
-- the least time of its bucket, which is up to an eighth too small.
WITH buckets AS (
  SELECT reason, COALESCE(register, '') AS register, bucket, MIN(least_ns) AS least_ns, SUM(exits) AS exits
  FROM exit_histogram
  GROUP BY reason, COALESCE(register, ''), bucket
),
passed AS (
  SELECT reason, register, least_ns,
    SUM(exits) OVER (PARTITION BY reason, register ORDER BY bucket
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
    SUM(exits) OVER (PARTITION BY reason, register) AS exits
  FROM buckets
)
SELECT
  reason,
  register,
  CAST(MAX(exits) AS BIGINT) AS exits,
  MIN(CASE WHEN so_far * 2 >= exits THEN least_ns END) AS p50_ns,
  MIN(CASE WHEN so_far * 10 >= exits * 9 THEN least_ns END) AS p90_ns,
  MIN(CASE WHEN so_far * 100 >= exits * 99 THEN least_ns END) AS p99_ns
FROM passed
GROUP BY reason, register
ORDER BY p99_ns DESC, exits DESC, reason, register
LIMIT 100

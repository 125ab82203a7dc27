-- Which exits cost most
-- Exits by reason and what they reach, told apart by a column of their capture, their VM or their own:
-- the time that host CPUs spent in them (sleep left out), their share of all such time of that value,
-- and the mean of those whose time is known.
SELECT
  COALESCE(/*by:*/c.kernel/*:by*/, '') AS value,
  COALESCE(e.reason, '') AS reason,
  COALESCE(e.register, '') AS register,
  COALESCE(MIN(e.device), '') AS device,
  COUNT(DISTINCT c.host) AS hosts,
  CAST(SUM(e.exits) AS BIGINT) AS exits,
  CAST(SUM(e.time_ns) AS BIGINT) AS time_ns,
  CAST(SUM(e.time_ns) AS DOUBLE)
    / NULLIF(SUM(SUM(e.time_ns)) OVER (PARTITION BY COALESCE(/*by:*/c.kernel/*:by*/, '')), 0) AS time_share,
  CAST(SUM(e.time_ns) AS DOUBLE) / NULLIF(SUM(e.timed), 0) / 1000 AS mean_us
FROM exits e
JOIN captures c ON c.date = e.date AND c.hour = e.hour AND c.capture = e.capture
LEFT JOIN vms v ON v.date = e.date AND v.hour = e.hour AND v.capture = e.capture AND v.vm = e.vm
GROUP BY COALESCE(/*by:*/c.kernel/*:by*/, ''), COALESCE(e.reason, ''), COALESCE(e.register, '')
ORDER BY time_ns DESC, exits DESC, value, reason, register
LIMIT 100

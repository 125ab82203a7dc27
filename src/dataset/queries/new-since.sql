-- Which exits occur since a day and not before
-- Reasons and what they reach that no capture of an earlier date has (--since, or else the last
-- date), those on the most hosts first. What was not recorded before counts as new.
WITH causes AS (
  SELECT
    COALESCE(e.reason, '') AS reason,
    COALESCE(e.register, '') AS register,
    COALESCE(MIN(e.device), '') AS device,
    MIN(e.date) AS first_date,
    COUNT(DISTINCT c.host) AS hosts,
    CAST(SUM(e.exits) AS BIGINT) AS exits,
    CAST(SUM(e.time_ns) AS BIGINT) AS time_ns
  FROM exits e
  JOIN captures c ON c.date = e.date AND c.hour = e.hour AND c.capture = e.capture
  GROUP BY COALESCE(e.reason, ''), COALESCE(e.register, '')
)
SELECT first_date, reason, register, device, hosts, exits, time_ns
FROM causes
WHERE first_date >= /*since:*/(SELECT MAX(date) FROM captures)/*:since*/
ORDER BY hosts DESC, time_ns DESC, exits DESC, reason, register

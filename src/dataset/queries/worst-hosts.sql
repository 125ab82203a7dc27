-- Which hosts lose most to exits
-- Of each host the CPUs that are busy with exits on average, and exits in a second, over the time that
-- captures with exits recorded.
WITH recorded AS (
  SELECT COALESCE(host, '') AS host, MIN(COALESCE(kernel, '')) AS first_kernel,
    COUNT(*) AS captures, SUM(duration_ns) AS duration_ns
  FROM captures
  WHERE exits > 0
  GROUP BY COALESCE(host, '')
),
spent AS (
  SELECT COALESCE(c.host, '') AS host, SUM(e.exits) AS exits, SUM(e.time_ns) AS time_ns,
    SUM(e.vmm_ns) AS vmm_ns
  FROM exits e
  JOIN captures c ON c.date = e.date AND c.hour = e.hour AND c.capture = e.capture
  GROUP BY COALESCE(c.host, '')
)
SELECT
  r.host,
  r.first_kernel,
  r.captures,
  CAST(s.exits AS DOUBLE) * 1000000000 / NULLIF(r.duration_ns, 0) AS exits_per_second,
  CAST(s.time_ns AS DOUBLE) / NULLIF(r.duration_ns, 0) AS cpus_in_exits,
  CAST(s.vmm_ns AS DOUBLE) / NULLIF(s.time_ns, 0) AS vmm_share
FROM recorded r
JOIN spent s ON s.host = r.host
ORDER BY COALESCE(CAST(s.time_ns AS DOUBLE) / NULLIF(r.duration_ns, 0), 0) DESC, r.host
LIMIT 100

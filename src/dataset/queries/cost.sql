-- What CPUs are busy with, in CPU-hours
-- By tag, over all captures whose samples tell time: the share of all busy time, the CPUs of a host that
-- are busy with it on average, and the CPU-hours of a day if all hosts are as they were recorded.
WITH recorded AS (
  SELECT SUM(duration_ns) AS duration_ns, COUNT(DISTINCT host) AS hosts
  FROM captures
  WHERE cpu_time IS NOT NULL
),
spent AS (
  SELECT tag, SUM(samples) AS samples, SUM(cpu_ns) AS cpu_ns
  FROM samples
  WHERE cpu_ns IS NOT NULL AND tag <> 'idle'
  GROUP BY tag
)
SELECT
  s.tag,
  CAST(s.samples AS BIGINT) AS samples,
  CAST(s.cpu_ns AS DOUBLE) / NULLIF(SUM(s.cpu_ns) OVER (), 0) AS busy_share,
  CAST(s.cpu_ns AS DOUBLE) / NULLIF(r.duration_ns, 0) AS cpus_of_a_host,
  CAST(s.cpu_ns AS DOUBLE) / NULLIF(r.duration_ns, 0) * r.hosts * 24 AS cpu_hours_per_day
FROM spent s
CROSS JOIN recorded r
ORDER BY s.cpu_ns DESC, s.tag

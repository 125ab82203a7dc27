-- What exits cost under each kernel
-- Hosts are the unit: the CPUs of a host that are busy with exits, their mean over the hosts of a kernel
-- and the standard deviation between them. A difference of kernels that is not much larger than that is
-- no finding.
WITH of_captures AS (
  SELECT date, hour, capture, SUM(exits) AS exits, SUM(time_ns) AS time_ns
  FROM exits
  GROUP BY date, hour, capture
),
of_hosts AS (
  SELECT
    COALESCE(c.kernel, '') AS kernel,
    COALESCE(c.host, '') AS host,
    COUNT(*) AS captures,
    CAST(SUM(e.exits) AS DOUBLE) * 1000000000 / NULLIF(SUM(c.duration_ns), 0) AS exits_per_second,
    CAST(SUM(e.time_ns) AS DOUBLE) / NULLIF(SUM(c.duration_ns), 0) AS cpus
  FROM captures c
  JOIN of_captures e ON e.date = c.date AND e.hour = c.hour AND e.capture = c.capture
  GROUP BY COALESCE(c.kernel, ''), COALESCE(c.host, '')
)
SELECT
  kernel,
  COUNT(*) AS hosts,
  CAST(SUM(captures) AS BIGINT) AS captures,
  AVG(exits_per_second) AS exits_per_second,
  AVG(cpus) AS cpus_in_exits,
  STDDEV_SAMP(cpus) AS cpus_deviation
FROM of_hosts
GROUP BY kernel
ORDER BY kernel

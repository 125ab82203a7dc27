-- What exits cost under each kernel
-- Hosts are the unit: the CPUs of a host that are busy with exits, their mean over the hosts of a kernel
-- and the standard deviation between them. A difference of kernels that is not much larger than that is
-- no finding.
WITH of_captures AS (
  SELECT date, hour, capture, SUM(exits) AS exits, SUM(time_ns) AS time_ns
  FROM exits
  GROUP BY date, hour, capture
),
-- Millionths as whole numbers: their sums do not depend on the order of rows, which those of fractions do.
of_hosts AS (
  SELECT
    COALESCE(c.kernel, '') AS kernel,
    COALESCE(c.host, '') AS host,
    COUNT(*) AS captures,
    CAST(ROUND(CAST(SUM(e.exits) AS DOUBLE) * 1000000000
      / NULLIF(SUM(c.duration_ns), 0) * 1000000) AS BIGINT) AS rate,
    CAST(ROUND(CAST(SUM(e.time_ns) AS DOUBLE) / NULLIF(SUM(c.duration_ns), 0) * 1000000) AS BIGINT) AS cpus
  FROM captures c
  JOIN of_captures e ON e.date = c.date AND e.hour = c.hour AND e.capture = c.capture
  GROUP BY COALESCE(c.kernel, ''), COALESCE(c.host, '')
),
of_kernels AS (
  SELECT
    kernel,
    COUNT(*) AS hosts,
    SUM(captures) AS captures,
    COUNT(cpus) AS timed,
    SUM(rate) AS rate,
    SUM(cpus) AS cpus,
    SUM(CAST(cpus AS DECIMAL(38, 0)) * CAST(cpus AS DECIMAL(38, 0))) AS squares
  FROM of_hosts
  GROUP BY kernel
)
SELECT
  kernel,
  hosts,
  CAST(captures AS BIGINT) AS captures,
  CAST(rate AS DOUBLE) / NULLIF(timed, 0) / 1000000 AS exits_per_second,
  CAST(cpus AS DOUBLE) / NULLIF(timed, 0) / 1000000 AS cpus_in_exits,
  SQRT(CAST(squares * timed - CAST(cpus AS DECIMAL(38, 0)) * CAST(cpus AS DECIMAL(38, 0)) AS DOUBLE)
    / NULLIF(timed, 0) / NULLIF(timed - 1, 0)) / 1000000 AS cpus_deviation
FROM of_kernels
ORDER BY kernel

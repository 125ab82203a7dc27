-- How exits change from hour to hour
-- Of each hour (UTC) the hosts that were recorded, exits in a second of a host, and the CPUs of a host
-- that are busy with them, on average.
WITH recorded AS (
  SELECT date, hour, COUNT(*) AS captures, COUNT(DISTINCT host) AS hosts, SUM(duration_ns) AS duration_ns
  FROM captures
  WHERE exits > 0
  GROUP BY date, hour
),
spent AS (
  SELECT date, hour, SUM(exits) AS exits, SUM(time_ns) AS time_ns
  FROM exits
  GROUP BY date, hour
)
SELECT
  r.date,
  r.hour,
  r.captures,
  r.hosts,
  CAST(s.exits AS DOUBLE) * 1000000000 / NULLIF(r.duration_ns, 0) AS exits_per_second,
  CAST(s.time_ns AS DOUBLE) / NULLIF(r.duration_ns, 0) AS cpus_in_exits
FROM recorded r
JOIN spent s ON s.date = r.date AND s.hour = r.hour
ORDER BY r.date, r.hour

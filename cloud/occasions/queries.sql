-- name: place
-- Where a site is.
SELECT country, subdivision, latitude, longitude FROM site_place JOIN site USING (site_no) WHERE site_id = %(site_id)s;

-- name: put_place
-- Say where a site is.
INSERT INTO site_place (site_no, country, subdivision, latitude, longitude)
SELECT site_no, %(country)s, %(subdivision)s, %(latitude)s, %(longitude)s FROM site WHERE site_id = %(site_id)s
ON CONFLICT (site_no) DO UPDATE SET country = excluded.country, subdivision = excluded.subdivision,
    latitude = excluded.latitude, longitude = excluded.longitude;

-- name: events
-- The events of a site in a range of days, as they were known at a time.
SELECT event_no AS number, event.name, starts_on, ends_on, calendar
FROM event JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND ends_on >= %(since_on)s AND starts_on <= %(until_on)s
  AND added_at <= %(known_at)s AND (removed_at IS NULL OR removed_at > %(known_at)s)
ORDER BY starts_on, event_no
LIMIT %(limit)s;

-- name: put_event
-- Write an event down, unless the same stands there.
INSERT INTO event (site_no, calendar, uid, name, starts_on, ends_on, added_at)
SELECT site_no, %(calendar)s, %(uid)s, %(name)s, %(starts_on)s, %(ends_on)s, %(now)s FROM site WHERE site_id = %(site_id)s
ON CONFLICT (site_no, calendar, uid, starts_on) WHERE removed_at IS NULL DO NOTHING
RETURNING event_no;

-- name: remove_event
-- Take an event away; forecasts that knew of it still find it.
UPDATE event SET removed_at = %(now)s FROM site
WHERE event.site_no = site.site_no AND site_id = %(site_id)s AND event_no = %(number)s AND removed_at IS NULL
RETURNING event_no;

-- name: remove_gone_events
-- Take away what a calendar does not name any more.
UPDATE event SET removed_at = %(now)s FROM site
WHERE event.site_no = site.site_no AND site_id = %(site_id)s AND calendar = %(calendar)s AND removed_at IS NULL
  AND NOT EXISTS (
      SELECT FROM unnest(%(uids)s::text[], %(names)s::text[], %(starts)s::date[], %(ends)s::date[])
                  AS still (uid, name, starts_on, ends_on)
      WHERE still.uid = event.uid AND still.name = event.name AND still.starts_on = event.starts_on
        AND still.ends_on = event.ends_on)
RETURNING event_no;

-- name: newest_weather
-- When weather was last fetched for a site.
SELECT max(issued_at) AS issued_at FROM weather JOIN site USING (site_no) WHERE site_id = %(site_id)s;

-- name: put_weather
-- Keep the weather as it was foretold.
INSERT INTO weather (site_no, day_on, issued_at, temperature_max_c, precipitation_mm)
SELECT site_no, new.day_on, %(issued_at)s, new.temperature_max_c, new.precipitation_mm
FROM site, unnest(%(days)s::date[], %(temperatures)s::real[], %(rains)s::real[])
           AS new (day_on, temperature_max_c, precipitation_mm)
WHERE site_id = %(site_id)s
ON CONFLICT DO NOTHING;

-- name: weather
-- The weather of each day of a range as it was known at a time: the newest issue from before the day, else the first.
SELECT DISTINCT ON (day_on) day_on, issued_at, temperature_max_c, precipitation_mm
FROM weather JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND day_on BETWEEN %(since_on)s AND %(until_on)s AND issued_at <= %(known_at)s
ORDER BY day_on, issued_at >= day_on + interval '1 day',
         CASE WHEN issued_at < day_on + interval '1 day' THEN -extract(epoch FROM issued_at)
              ELSE extract(epoch FROM issued_at) END;

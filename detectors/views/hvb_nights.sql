/*
name: hvb_nights
meaning: >
  Every night that a placed child belongs to a home: night (the date on which it begins), placement_id, client_token,
  provider_id, agreed_rate_sek, row_ref of the placement. The night of the day of leaving is not counted, as the child has moved;
  a placement still going on counts up to the calendar's last day. The last three years.
reads: [hvb_placements, calendar]
materialise: true
*/
SELECT c.day AS night, p.placement_id, p.client_token, p.provider_id, CAST(p.agreed_rate_sek AS DOUBLE) AS agreed_rate_sek,
       p.row_ref
FROM hvb_placements p
JOIN calendar c ON c.day >= p.placed_on AND (p.left_on IS NULL OR c.day < p.left_on)

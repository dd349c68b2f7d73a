-- name: put_claim_for_one
-- A new claim for one gateway of a site; no row when there is none of that name, or the handle is taken.
INSERT INTO claim (handle, secret, site_no, gateway_no, expires_at)
SELECT %(handle)s, %(secret)s, site_no, gateway_no, now() + make_interval(secs => %(lives_s)s)
FROM site JOIN gateway USING (site_no)
WHERE site_id = %(site_id)s AND gateway_id = %(gateway_id)s AND retired_at IS NULL
ON CONFLICT (handle) DO NOTHING
RETURNING claim_no;

-- name: put_claim_for_any
-- As put_claim_for_one, for any gateway of the site.
INSERT INTO claim (handle, secret, site_no, expires_at)
SELECT %(handle)s, %(secret)s, site_no, now() + make_interval(secs => %(lives_s)s) FROM site WHERE site_id = %(site_id)s
ON CONFLICT (handle) DO NOTHING
RETURNING claim_no;

-- name: end_claims
-- The secrets of claims that are over are forgotten.
UPDATE claim SET secret = NULL WHERE secret IS NOT NULL AND expires_at <= now();

-- name: forget_claims
-- Claims that were over yesterday; until then a late try is told why it is refused.
DELETE FROM claim WHERE expires_at < now() - interval '1 day';

-- name: claims_waiting
-- How many claims of a site are waiting.
SELECT count(*) AS waiting FROM claim JOIN site USING (site_no)
WHERE site_id = %(site_id)s AND used_at IS NULL AND expires_at > now();

-- name: claim
-- One claim of a site, for its maker.
SELECT claim_no, site_id, made_for.gateway_id, handle, secret, claim.expires_at, used_at IS NOT NULL AS is_used,
       claim.expires_at <= now() AS is_expired, greatest(0, extract(epoch FROM claim.expires_at - now()))::float AS left_s,
       used_by.gateway_id AS enrolled_id
FROM claim JOIN site USING (site_no)
LEFT JOIN gateway made_for ON made_for.gateway_no = claim.gateway_no
LEFT JOIN gateway used_by ON used_by.gateway_no = claim.used_by
WHERE claim_no = %(claim_no)s;

-- name: lock_claim
-- The claim of a handle, held until the enrolment has ended.
SELECT claim_no, secret, claim.site_no, site_id, claim.gateway_no, gateway_id, claim.expires_at <= now() AS is_expired,
       used_by, used_key
FROM claim JOIN site USING (site_no) LEFT JOIN gateway USING (gateway_no)
WHERE handle = %(handle)s
FOR UPDATE OF claim;

-- name: candidate
-- A gateway of a site, locked, and whether it has a key that counts.
SELECT gateway_no, gateway_id,
       EXISTS (SELECT FROM gateway_key k WHERE k.gateway_no = gateway.gateway_no AND revoked_at IS NULL
               AND (ends_at IS NULL OR ends_at > now())) AS has_key
FROM gateway
WHERE site_no = %(site_no)s AND gateway_id = %(gateway_id)s AND retired_at IS NULL
FOR UPDATE;

-- name: holders
-- Which gateways have a key, or had it.
SELECT gateway_no, gateway_id, revoked_at IS NOT NULL OR coalesce(ends_at <= now(), false) AS is_over
FROM gateway_key JOIN gateway USING (gateway_no)
WHERE public_key = %(public_key)s;

-- name: revoke_others
-- A gateway that is enrolled anew has been replaced: its other keys count no longer.
UPDATE gateway_key SET revoked_at = now()
WHERE gateway_no = %(gateway_no)s AND public_key <> %(public_key)s AND revoked_at IS NULL;

-- name: add_key
-- A key that is new to its gateway.
INSERT INTO gateway_key (gateway_no, public_key, registered_at, how)
VALUES (%(gateway_no)s, %(public_key)s, now(), %(how)s)
ON CONFLICT (gateway_no, public_key) DO NOTHING;

-- name: end_others
-- What a rotated key replaces counts for a while longer, and no longer than was said before.
UPDATE gateway_key SET ends_at = least(ends_at, now() + make_interval(secs => %(window_s)s))
WHERE gateway_no = %(gateway_no)s AND public_key <> %(public_key)s AND revoked_at IS NULL
RETURNING extract(epoch FROM ends_at - now())::float AS left_s;

-- name: forget_keys
-- Keys that were over long ago; the newest 20 of a gateway stay, to say why they are refused.
DELETE FROM gateway_key WHERE gateway_no = %(gateway_no)s AND public_key IN (
    SELECT public_key FROM gateway_key WHERE gateway_no = %(gateway_no)s
      AND (revoked_at IS NOT NULL OR ends_at <= now()) ORDER BY registered_at DESC OFFSET 20);

-- name: use_claim
-- The claim has let a gateway in.
UPDATE claim SET used_at = now(), used_by = %(gateway_no)s, used_key = %(public_key)s WHERE claim_no = %(claim_no)s;

-- name: forget_stranger
-- A name that is enrolled now is a stranger no longer.
DELETE FROM stranger WHERE gateway_id = %(gateway_id)s;

-- name: put_secret
-- A secret of this cloud, made once by whoever needs it first.
INSERT INTO cloud_secret (name, value) VALUES (%(name)s, %(value)s) ON CONFLICT (name) DO NOTHING;

-- name: secret
-- A secret of this cloud.
SELECT value FROM cloud_secret WHERE name = %(name)s;

-- name: use_nonce
-- One row the first time a nonce is used, none after that.
INSERT INTO used_nonce (nonce, expires_at) VALUES (%(nonce)s, now() + make_interval(secs => %(lives_s)s))
ON CONFLICT (nonce) DO NOTHING RETURNING nonce;

-- name: forget_nonces
-- Nonces that have expired are refused without a row.
DELETE FROM used_nonce WHERE expires_at < now();

-- name: notify
-- Tell every process that something about a gateway is new.
SELECT pg_notify('barback_gateway', %(gateway_id)s);

-- What happened, and the totals of it. Written by the drainer alone, each event once.
--
-- No event table is partitioned by time: uniqueness would have to include the time, and duplicates would come back.
-- No foreign keys: the journal is the authority, and its events must never be refused for an order of arrival.

-- The versions that were drawn from, as the journal has them: what a replay needs.
CREATE TABLE mab.versions (
    experiment_id uuid NOT NULL,
    version bigint NOT NULL,
    policy text NOT NULL,
    floor double precision NOT NULL,
    salt bytea NOT NULL,
    sampler_id integer NOT NULL,
    -- In the order of variant_index.
    variant_ids uuid[] NOT NULL,
    eligible boolean[] NOT NULL,
    alphas double precision[] NOT NULL,
    betas double precision[] NOT NULL,
    weights double precision[] NOT NULL,
    probabilities_best double precision[] NOT NULL,
    allocations double precision[] NOT NULL,
    PRIMARY KEY (experiment_id, version)
);

CREATE TABLE mab.assignments (
    experiment_id uuid NOT NULL,
    -- SipHash-2-4-128 of the user's id under MAB_USER_HASH_KEY.
    user_hash bytea NOT NULL,
    variant_index smallint NOT NULL,
    version bigint NOT NULL,
    propensity double precision NOT NULL,
    assigned_at timestamptz NOT NULL,
    -- The visitor was erased: user_hash is a random one, here and in the two tables below. Totals keep counting the row.
    erased boolean NOT NULL DEFAULT false,
    PRIMARY KEY (experiment_id, user_hash)
);

CREATE TABLE mab.exposures (
    experiment_id uuid NOT NULL,
    user_hash bytea NOT NULL,
    variant_index smallint NOT NULL,
    version bigint NOT NULL,
    exposed_at timestamptz NOT NULL,
    erased boolean NOT NULL DEFAULT false,
    PRIMARY KEY (experiment_id, user_hash)
);

CREATE TABLE mab.conversions (
    experiment_id uuid NOT NULL,
    user_hash bytea NOT NULL,
    variant_index smallint NOT NULL,
    version bigint NOT NULL,
    converted_at timestamptz NOT NULL,
    -- Null for a user who was never exposed.
    exposed_at timestamptz,
    -- Exposed, and within the conversion window.
    credited boolean NOT NULL,
    value double precision,
    event_id text,
    erased boolean NOT NULL DEFAULT false,
    PRIMARY KEY (experiment_id, user_hash)
);

-- How far each journal has been drained. Locked first in every transaction of the drainer.
CREATE TABLE mab.journal_positions (
    journal_id uuid PRIMARY KEY,
    -- The sequence number of the last record that is in the tables.
    position bigint NOT NULL,
    update_time timestamptz NOT NULL
);

-- Records that PostgreSQL refuses for their own sake.
CREATE TABLE mab.set_aside_records (
    journal_id uuid NOT NULL,
    sequence bigint NOT NULL,
    record_type smallint NOT NULL,
    body bytea NOT NULL,
    error text NOT NULL,
    set_aside_at timestamptz NOT NULL,
    PRIMARY KEY (journal_id, sequence)
);

-- The running totals of each variant: what posteriors are made of.
CREATE TABLE mab.variant_totals (
    experiment_id uuid NOT NULL,
    variant_index smallint NOT NULL,
    exposures bigint NOT NULL,
    -- Credited conversions.
    conversions bigint NOT NULL,
    PRIMARY KEY (experiment_id, variant_index)
);

-- By minute of exposure (old minutes are folded into their hour).
CREATE TABLE mab.arm_totals (
    experiment_id uuid NOT NULL,
    variant_index smallint NOT NULL,
    minute timestamptz NOT NULL,
    exposures bigint NOT NULL,
    -- The sum of this variant's allocation at the versions of all exposures of that minute.
    expected_exposures double precision NOT NULL,
    -- Credited conversions of that minute's exposures.
    conversions bigint NOT NULL,
    PRIMARY KEY (experiment_id, minute, variant_index)
);

-- floor(8 · log2(1 + delay in seconds)), 0 to 200: each bucket is 9 % wider than the one before, and the last begins
-- after a year.
CREATE FUNCTION mab.delay_bucket(exposed_at timestamptz, converted_at timestamptz) RETURNS smallint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN least(200, floor(8 * ln(1 + greatest(0, extract(epoch FROM converted_at - exposed_at)::float8))
                              / ln(2::float8)))::smallint;

-- The distribution of time to conversion: credited conversions by hour of exposure and bucket of delay.
CREATE TABLE mab.delay_totals (
    experiment_id uuid NOT NULL,
    variant_index smallint NOT NULL,
    hour timestamptz NOT NULL,
    -- mab.delay_bucket.
    delay_bucket smallint NOT NULL,
    conversions bigint NOT NULL,
    PRIMARY KEY (experiment_id, hour, variant_index, delay_bucket)
);

-- What went otherwise, by day.
CREATE TABLE mab.event_counts (
    experiment_id uuid NOT NULL,
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('DUPLICATE_CONVERSION', 'LATE_CONVERSION', 'UNCREDITED_CONVERSION', 'CONFLICT')),
    count bigint NOT NULL,
    PRIMARY KEY (experiment_id, day, kind)
);

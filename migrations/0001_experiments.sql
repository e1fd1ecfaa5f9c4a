-- Experiments, their variants, and the version of each that new users are drawn from.

CREATE TABLE mab.settings (
    key text PRIMARY KEY,
    value text NOT NULL
);
COMMENT ON TABLE mab.settings IS 'One-of-a-kind facts: database_id, user_hash_key_fingerprint.';

INSERT INTO mab.settings (key, value) VALUES ('database_id', gen_random_uuid()::text);

CREATE TABLE mab.experiments (
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE CHECK (key ~ '^[a-z0-9_-]{1,64}$'),
    name text NOT NULL,
    description text NOT NULL,
    state text NOT NULL CHECK (state IN ('DRAFT', 'RUNNING', 'PAUSED', 'COMPLETED', 'ARCHIVED')),
    policy text NOT NULL CHECK (policy IN ('THOMPSON', 'TOP_TWO_THOMPSON', 'FIXED')),
    floor double precision NOT NULL CHECK (floor >= 0 AND floor <= 0.5),
    burn_in_exposures integer NOT NULL CHECK (burn_in_exposures >= 0),
    traffic_share double precision NOT NULL CHECK (traffic_share >= 0 AND traffic_share <= 1),
    prior_alpha double precision NOT NULL CHECK (prior_alpha >= 0.1 AND prior_alpha <= 1e6),
    prior_beta double precision NOT NULL CHECK (prior_beta >= 0.1 AND prior_beta <= 1e6),
    conversion_window_seconds integer NOT NULL CHECK (conversion_window_seconds > 0),
    threshold_of_caring double precision NOT NULL CHECK (threshold_of_caring > 0 AND threshold_of_caring <= 1),
    salt bytea NOT NULL CHECK (octet_length(salt) = 16),
    winner_index smallint,
    -- Grows with every change, never used twice: unix milliseconds or the last one plus one. Also the etag.
    revision bigint NOT NULL,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    start_time timestamptz,
    end_time timestamptz
);
-- Pages of the list, newest first. Ids are UUIDv7, so they are in the order of creation.
CREATE INDEX experiments_by_state ON mab.experiments (state, id DESC);

CREATE TABLE mab.variants (
    id uuid PRIMARY KEY,
    experiment_id uuid NOT NULL REFERENCES mab.experiments (id) ON DELETE CASCADE,
    -- The variant's number in every event; never changes after the start.
    variant_index smallint NOT NULL CHECK (variant_index >= 0 AND variant_index < 100),
    key text NOT NULL CHECK (key ~ '^[a-z0-9_-]{1,64}$'),
    name text NOT NULL,
    is_control boolean NOT NULL,
    -- As written (jsonb would expand 1e308 to 309 digits on reading): at most 16 KiB.
    payload json NOT NULL,
    weight double precision NOT NULL CHECK (weight >= 0 AND weight <= 1e6),
    disabled boolean NOT NULL DEFAULT false,
    UNIQUE (experiment_id, key),
    UNIQUE (experiment_id, variant_index)
);
CREATE UNIQUE INDEX variants_one_control ON mab.variants (experiment_id) WHERE is_control;

-- The version that new users are drawn from. One row an experiment, replaced by the next version.
CREATE TABLE mab.current_versions (
    experiment_id uuid PRIMARY KEY REFERENCES mab.experiments (id) ON DELETE CASCADE,
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
    allocations double precision[] NOT NULL
);

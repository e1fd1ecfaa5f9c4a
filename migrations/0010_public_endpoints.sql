-- Whose pages may use an experiment, and what was not counted because a machine asked.

-- Web origins as browsers send them; none: whatever MAB_CORS_ORIGINS allows.
ALTER TABLE mab.experiments
    ADD COLUMN allowed_origins text[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(allowed_origins) <= 20 AND array_position(allowed_origins, NULL) IS NULL);

-- BOT_…: exposures that were not made, by the sign by which their caller was taken for a machine.
ALTER TABLE mab.event_counts
    DROP CONSTRAINT event_counts_kind_check,
    ADD CONSTRAINT event_counts_kind_check
        CHECK (kind IN ('DUPLICATE_CONVERSION', 'LATE_CONVERSION', 'UNCREDITED_CONVERSION', 'CONFLICT',
                        'BOT_USER_AGENT', 'BOT_PREFETCH', 'BOT_RATE'));

-- Visitors who were erased, and where audited changes came from.

-- Nothing here names a visitor: neither an id nor a hash.
CREATE TABLE mab.erasures (
    id uuid PRIMARY KEY,
    -- The erasure's record: when no segment and no checkpoint of that journal has it or what was before, he is gone.
    journal_id uuid NOT NULL,
    sequence bigint NOT NULL,
    -- How many assignments of his were known.
    assignments integer NOT NULL,
    erased_at timestamptz NOT NULL,
    -- When that is so at the latest, while all is well.
    clear_by timestamptz NOT NULL,
    -- When that was seen to be so; null: it is not.
    clear_time timestamptz
);
CREATE INDEX erasures_not_clear ON mab.erasures (journal_id, sequence) WHERE clear_time IS NULL;

-- The client's address as the gateway saw it; null where that is not known.
ALTER TABLE mab.audit_log ADD COLUMN address text;
CREATE INDEX audit_log_by_account ON mab.audit_log (account_id, id DESC);
CREATE INDEX audit_log_by_action ON mab.audit_log (action, id DESC);
CREATE INDEX audit_log_by_time ON mab.audit_log (at);

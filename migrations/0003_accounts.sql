-- Who may sign in, and what they changed.

CREATE TABLE mab.accounts (
    id uuid PRIMARY KEY,
    -- Lower case.
    email text NOT NULL UNIQUE,
    role text NOT NULL CHECK (role IN ('VIEWER', 'EDITOR', 'ADMIN')),
    password_hash text NOT NULL,
    disabled boolean NOT NULL DEFAULT false,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL
);

-- Refresh tokens, as hashes. All that descend from one sign-in are a family; a token that is used twice ends it.
CREATE TABLE mab.refresh_tokens (
    token_hash bytea PRIMARY KEY,
    family_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES mab.accounts (id) ON DELETE CASCADE,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL,
    use_time timestamptz,
    revoke_time timestamptz
);
CREATE INDEX refresh_tokens_by_family ON mab.refresh_tokens (family_id);
CREATE INDEX refresh_tokens_by_account ON mab.refresh_tokens (account_id);
CREATE INDEX refresh_tokens_by_expiry ON mab.refresh_tokens (expire_time);

CREATE TABLE mab.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account_id uuid,
    action text NOT NULL,
    subject_type text NOT NULL,
    subject_id text NOT NULL,
    -- The subject before and after; null where there is none.
    before json,
    after json
);
CREATE INDEX audit_log_by_subject ON mab.audit_log (subject_type, subject_id, id DESC);

-- One-time links by which an invited person sets the first password, or anybody a new one. The token itself is shown
-- once and is not kept. An account has at most one link: a newer one takes the place of the older.
--
-- An account that has no password yet has an empty password_hash.
CREATE TABLE mab.account_links (
    account_id uuid PRIMARY KEY REFERENCES mab.accounts (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE,
    create_time timestamptz NOT NULL,
    expire_time timestamptz NOT NULL
);

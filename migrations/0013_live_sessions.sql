-- The token of each session that can still be refreshed, one a session: whoever looks at a session, lists an account's or
-- ends them meets no token that was used already, of which there is one for each refresh of the last month.
CREATE INDEX refresh_tokens_live_by_family ON mab.refresh_tokens (family_id)
    WHERE use_time IS NULL AND revoke_time IS NULL;
CREATE INDEX refresh_tokens_live_by_account ON mab.refresh_tokens (account_id)
    WHERE use_time IS NULL AND revoke_time IS NULL;
DROP INDEX mab.refresh_tokens_by_family;

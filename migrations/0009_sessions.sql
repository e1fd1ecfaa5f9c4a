-- Where a refresh token was issued to: the client's address as the gateway saw it; null where that is not known.
ALTER TABLE mab.refresh_tokens ADD COLUMN address text;

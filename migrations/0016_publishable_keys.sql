-- Of a key that may assign: whether visitors can read it, in a page or an app. Then it may do nothing else.
ALTER TABLE mab.api_keys ADD COLUMN publishable boolean NOT NULL DEFAULT false;
ALTER TABLE mab.api_keys ADD CHECK (NOT publishable OR (can_assign AND NOT can_read AND NOT can_write));

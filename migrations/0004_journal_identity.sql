-- Whether a journal is the one that a position was saved from, and of whom a record is that was set aside.

-- CRC32C of the record at the position. Null where it was saved by a build that did not know it.
ALTER TABLE mab.journal_positions ADD COLUMN checksum bigint;

-- The visitor whose assignment, exposure, conversion or erasure it is; null for other records, and once he is erased.
ALTER TABLE mab.set_aside_records ADD COLUMN user_hash bytea;

-- The bodies' layout: a byte, the experiment's id, the user's hash; an erasure has no experiment.
UPDATE mab.set_aside_records SET user_hash = substring(body FROM 18 FOR 16) WHERE record_type IN (2, 3, 4);
UPDATE mab.set_aside_records SET user_hash = substring(body FROM 2 FOR 16) WHERE record_type = 6;

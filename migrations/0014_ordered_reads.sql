-- What is looked for is found by an index: the rows that retention deletes, in the order of their key; records that were
-- set aside, by experiment, so that those are cleared too that are set aside late; keys that are in use, among all that were.

-- Deletes the rows of an archived experiment that is marked, of the next visitors after after_hash (''::bytea: from the
-- first), up to rows_max rows of each table. Says how many it deleted, and the last visitor's hash: null where there are no
-- more. Whoever calls it again from there meets no row that was deleted before.
-- The admin service's role may call it and can't delete from the tables: no statement of its own reaches the rows of an
-- experiment that lives. Rows that somebody else has locked are left to the next time.
-- Each statement is a walk along the primary key. It is not left to the planner's estimates, which take a table whose rows
-- lie by time for one where any place has some of this experiment's, and read it from its beginning.
CREATE FUNCTION mab.retire_rows_after(retired_id uuid, after_hash bytea, rows_max integer,
                                      OUT deleted bigint, OUT last_hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    -- Hashes have 16 bytes.
    through_hash bytea := decode(repeat('ff', 17), 'hex');
    of_table bigint;
BEGIN
    PERFORM FROM mab.experiments
    WHERE id = retired_id AND state = 'ARCHIVED' AND rows_retire_time IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the rows of experiment % are not to be retired', retired_id
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    last_hash := least(
        (SELECT user_hash FROM mab.conversions WHERE experiment_id = retired_id AND user_hash > after_hash
         ORDER BY experiment_id, user_hash OFFSET rows_max - 1 LIMIT 1),
        (SELECT user_hash FROM mab.exposures WHERE experiment_id = retired_id AND user_hash > after_hash
         ORDER BY experiment_id, user_hash OFFSET rows_max - 1 LIMIT 1),
        (SELECT user_hash FROM mab.assignments WHERE experiment_id = retired_id AND user_hash > after_hash
         ORDER BY experiment_id, user_hash OFFSET rows_max - 1 LIMIT 1));
    through_hash := coalesce(last_hash, through_hash);

    DELETE FROM mab.conversions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM mab.conversions
        WHERE experiment_id = retired_id AND user_hash > after_hash AND user_hash <= through_hash
        ORDER BY experiment_id, user_hash LIMIT rows_max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM mab.exposures WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM mab.exposures
        WHERE experiment_id = retired_id AND user_hash > after_hash AND user_hash <= through_hash
        ORDER BY experiment_id, user_hash LIMIT rows_max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS of_table = ROW_COUNT;
    deleted := deleted + of_table;
    DELETE FROM mab.assignments WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM mab.assignments
        WHERE experiment_id = retired_id AND user_hash > after_hash AND user_hash <= through_hash
        ORDER BY experiment_id, user_hash LIMIT rows_max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS of_table = ROW_COUNT;
    deleted := deleted + of_table;
END
$$;
REVOKE ALL ON FUNCTION mab.retire_rows_after(uuid, bytea, integer) FROM PUBLIC;

-- For an admin service of before: always from the first visitor.
CREATE OR REPLACE FUNCTION mab.retire_rows(retired_id uuid, rows_max integer) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT deleted FROM mab.retire_rows_after(retired_id, ''::bytea, rows_max)
$$;

-- Records that were set aside and not cleared, by experiment: the body of an assignment, an exposure or a conversion
-- begins with a byte and the experiment's id.
CREATE INDEX set_aside_records_by_experiment ON mab.set_aside_records (substring(body FROM 2 FOR 16))
WHERE user_hash IS NOT NULL AND record_type IN (2, 3, 4);

-- Clears up to records_max records that were set aside of archived experiments that are marked, whenever that was, and
-- says how many. Records that somebody else has locked are left to the next time.
CREATE FUNCTION mab.retire_set_aside_records(records_max integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    cleared bigint;
BEGIN
    UPDATE mab.set_aside_records
    SET user_hash = NULL, body = '', error = 'the rows of the experiment were retired'
    WHERE ctid = ANY (ARRAY(
        SELECT records.ctid FROM mab.set_aside_records AS records, mab.experiments
        WHERE records.user_hash IS NOT NULL AND records.record_type IN (2, 3, 4)
          AND substring(records.body FROM 2 FOR 16) = uuid_send(experiments.id)
          AND experiments.state = 'ARCHIVED' AND experiments.rows_retire_time IS NOT NULL
        LIMIT records_max FOR UPDATE OF records SKIP LOCKED));
    GET DIAGNOSTICS cleared = ROW_COUNT;
    RETURN cleared;
END
$$;
REVOKE ALL ON FUNCTION mab.retire_set_aside_records(integer) FROM PUBLIC;

-- Keys are never removed, and those that can be used are asked for with each snapshot.
CREATE INDEX api_keys_not_revoked ON mab.api_keys (id) WHERE revoke_time IS NULL;

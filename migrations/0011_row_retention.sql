-- Raw rows of archived experiments have an end (MAB_RETENTION_DAYS): totals, rollups and versions stay.

-- When the rows of assignments, exposures and conversions began to be deleted; null: they are all there. It is set
-- before the first row goes, so nobody takes what is left for all that there was.
ALTER TABLE mab.experiments ADD COLUMN rows_retire_time timestamptz;

-- Deletes up to rows_max rows of each table, of an archived experiment that is marked, and says how many it deleted.
-- The admin service's role may call it and can't delete from the tables: no statement of its own reaches the rows of an
-- experiment that lives. Rows that somebody else has locked are left to the next call.
CREATE FUNCTION mab.retire_rows(retired_id uuid, rows_max integer) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deleted bigint := 0;
    of_table bigint;
BEGIN
    PERFORM FROM mab.experiments
    WHERE id = retired_id AND state = 'ARCHIVED' AND rows_retire_time IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the rows of experiment % are not to be retired', retired_id
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    DELETE FROM mab.conversions WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM mab.conversions WHERE experiment_id = retired_id LIMIT rows_max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS of_table = ROW_COUNT;
    deleted := deleted + of_table;
    DELETE FROM mab.exposures WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM mab.exposures WHERE experiment_id = retired_id LIMIT rows_max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS of_table = ROW_COUNT;
    deleted := deleted + of_table;
    DELETE FROM mab.assignments WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM mab.assignments WHERE experiment_id = retired_id LIMIT rows_max FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS of_table = ROW_COUNT;
    deleted := deleted + of_table;
    -- Of records that were set aside: the body of an assignment, an exposure or a conversion begins with a byte and the
    -- experiment's id.
    UPDATE mab.set_aside_records SET user_hash = NULL, body = '', error = 'the rows of the experiment were retired'
    WHERE user_hash IS NOT NULL AND record_type IN (2, 3, 4) AND substring(body FROM 2 FOR 16) = uuid_send(retired_id);
    RETURN deleted;
END
$$;
REVOKE ALL ON FUNCTION mab.retire_rows(uuid, integer) FROM PUBLIC;

-- That a key of the users' hashes was put on record is in the audit log, whichever service was first.
CREATE FUNCTION mab.audit_setting() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO mab.audit_log (at, action, subject_type, subject_id, after)
    VALUES (clock_timestamp(), 'setting.create', 'setting', NEW.key, json_build_object('value', NEW.value));
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION mab.audit_setting() FROM PUBLIC;
CREATE TRIGGER settings_audited AFTER INSERT ON mab.settings FOR EACH ROW EXECUTE FUNCTION mab.audit_setting();

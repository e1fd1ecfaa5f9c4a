-- Exposures of each variant before a verdict is given.
ALTER TABLE mab.experiments
    ADD COLUMN minimum_exposures integer NOT NULL DEFAULT 100
        CHECK (minimum_exposures >= 0 AND minimum_exposures <= 1000000000);

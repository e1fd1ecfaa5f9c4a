-- Old minutes of arm_totals are folded into their hour: its row is that of its first minute. This finds the rows that
-- are left to fold, oldest first, whatever experiment they are of; a folded hour is not in it. It says nothing about the
-- columns that change, so updates in place stay possible.
CREATE INDEX arm_totals_unfolded ON mab.arm_totals (minute)
    WHERE minute <> date_bin('1 hour', minute, 'epoch');

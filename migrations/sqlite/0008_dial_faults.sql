-- Why a phone was not rung: "refused" alone does not tell a country that is not enabled from a wrong number.

-- A closed word of ours; null: it rang, or may have.
alter table escalation_attempts add column why text;
-- The carrier's error code, if it was the carrier who refused.
alter table escalation_attempts add column code integer;

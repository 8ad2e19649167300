-- Bringing a person in, and calls that we place ourselves.
-- States, causes and modes are closed lists of the program, which grows faster than a schema.

-- Who placed the call; every older call was placed by its caller.
alter table calls add column direction text not null default 'inbound'
    constraint calls_direction_known check (direction in ('inbound', 'outbound'));
-- Why an outbound call may be made, as staff stated it: what the consent rests on, when it was given, who noted it.
alter table calls add column consent_basis text;
alter table calls add column consent_at bigint;
alter table calls add column consent_by text
    constraint calls_consent_is_whole check (
        (consent_basis is null) = (consent_at is null) and (consent_basis is null) = (consent_by is null)
    );

-- Outbound calls of a day count towards an organization's limit.
create index calls_outbound on calls (org_id, started_at) where direction = 'outbound';

-- A person was asked for. One row, changed by compare-and-set until its state is final.
create table escalations (
    call_id uuid not null,
    -- Within the call, from 1.
    no bigint not null,
    state text not null,
    cause text not null,
    urgency text not null,
    -- One line for staff.
    reason text not null,
    -- What the assistant says it is about; may be empty.
    summary text not null,
    requested_at bigint not null,
    changed_at bigint not null,
    constraint escalations_pk primary key (call_id, no),
    constraint escalations_call_fk foreign key (call_id) references calls (id)
);

-- The list is read newest first; what is still open is asked for all the time and is nearly always short.
create index escalations_newest on escalations (requested_at desc, call_id desc, no desc);
create index escalations_open on escalations (requested_at desc, call_id desc, no desc)
    where state in ('requested', 'dialing', 'briefing', 'merging', 'bridged');

-- One operator's phone that is rung. The row is there before the carrier is asked, so that after a crash
-- nobody's phone rings without a row that knows of it.
create table escalation_attempts (
    call_id uuid not null,
    -- Within the call, from 1.
    no bigint not null,
    escalation_no bigint not null,
    -- The organization's name of the place; its number is not kept here.
    target text not null,
    mode text not null,
    state text not null,
    -- The carrier's id of the operator's phone connection, once it is known.
    leg text,
    intended_at bigint not null,
    changed_at bigint not null,
    constraint escalation_attempts_pk primary key (call_id, no),
    constraint escalation_attempts_escalation_fk foreign key (call_id, escalation_no) references escalations (call_id, no)
);

create index escalation_attempts_escalation on escalation_attempts (call_id, escalation_no);
-- For the daily limit: few enough in a day that the organization is looked up by the call.
create index escalation_attempts_intended on escalation_attempts (intended_at);

-- Somebody has to call the caller back. Whom to call is in the call's row.
create table callbacks (
    call_id uuid not null,
    -- Within the call, from 1.
    no bigint not null,
    escalation_no bigint,
    state text not null default 'open',
    urgency text not null,
    reason text not null,
    due bigint not null,
    created_at bigint not null,
    -- A target of the organization, or a name that staff chose.
    assignee text,
    done_at bigint,
    constraint callbacks_pk primary key (call_id, no),
    constraint callbacks_call_fk foreign key (call_id) references calls (id),
    constraint callbacks_escalation_fk foreign key (call_id, escalation_no) references escalations (call_id, no),
    constraint callbacks_state_known check (state in ('open', 'done')),
    constraint callbacks_done_is_whole check ((state = 'done') = (done_at is not null))
);

-- What is due first comes first, above all of what is still to be done.
create index callbacks_due on callbacks (due, call_id, no);
create index callbacks_open_due on callbacks (due, call_id, no) where state = 'open';

-- Messages that callers left.
create table voicemails (
    call_id uuid not null,
    -- Within the call, from 1.
    no bigint not null,
    escalation_no bigint,
    -- The carrier's name of the recording; empty: none was made.
    recording text not null,
    duration_secs bigint not null,
    at bigint not null,
    constraint voicemails_pk primary key (call_id, no),
    constraint voicemails_call_fk foreign key (call_id) references calls (id),
    constraint voicemails_escalation_fk foreign key (call_id, escalation_no) references escalations (call_id, no)
);

-- Requests that must not be done twice, and what was answered. An empty answer: somebody is still at it.
create table idempotency_keys (
    -- Whose key it is, and for which kind of request.
    scope text not null,
    key text not null,
    -- So that the same key with another request is noticed.
    request_hash text not null,
    answer text not null,
    at bigint not null,
    constraint idempotency_keys_pk primary key (scope, key)
);

-- Old keys are forgotten.
create index idempotency_keys_age on idempotency_keys (at);

-- A call is the caller's whole contact. It appears when the phone rings and gets its outcome once, at its end.
-- Every time is a count of microseconds since 1970 in UTC.
create table calls (
    id blob not null,
    org_id text not null,
    -- The carrier's id of the caller's phone connection; not unique, because no record may ever be refused for it.
    leg text,
    -- E.164; empty when the caller withheld it.
    caller text,
    dialled text,
    started_at integer not null,
    ended_at integer,
    status text not null,
    escalated integer not null default 0,
    phase text not null,
    -- The closed lists of outcomes and reasons live in the program, which grows faster than a schema.
    outcome text,
    reason text,
    -- Millionths of a US dollar, at the prices of the day.
    cost_micro_usd integer not null default 0,
    constraint calls_pk primary key (id),
    constraint calls_org_fk foreign key (org_id) references organizations (id),
    constraint calls_id_is_uuid check (length(id) = 16),
    constraint calls_escalated_is_bool check (escalated in (0, 1)),
    constraint calls_status_known check (status in ('in_progress', 'completed', 'escalated', 'failed')),
    constraint calls_end_is_whole check ((outcome is null) = (ended_at is null) and (outcome is null) = (reason is null))
) strict;

-- The call list is read newest first, for all organizations or for one.
create index calls_newest on calls (started_at desc, id desc);
create index calls_org_newest on calls (org_id, started_at desc, id desc);
create index calls_leg on calls (leg);
-- What a crash left behind: looked for at every start, and nearly always empty.
create index calls_unfinished on calls (started_at) where outcome is null;

-- Which records of a call have been applied. A record and its effect are written in one transaction, so that
-- a journal replayed after a crash changes nothing.
create table call_records (
    call_id blob not null,
    no integer not null,
    constraint call_records_pk primary key (call_id, no),
    constraint call_records_call_fk foreign key (call_id) references calls (id)
) strict;

-- What was said, one settled line a row. Numbers count from 0 in the order in which people began to speak.
create table call_transcripts (
    call_id blob not null,
    seq integer not null,
    -- The public words: user is the caller, agent is the assistant.
    speaker text not null,
    text text not null,
    -- When the line was settled.
    timestamp integer not null,
    -- Since the call began.
    start_ms integer not null,
    end_ms integer not null,
    -- Set when the caller heard only a part of the line: how much, of how much.
    heard_ms integer,
    total_ms integer,
    -- speech, local (a sentence of the gateway's own) or keys.
    origin text not null,
    -- A JSON object: the model's item, or the sentence's name.
    metadata text not null default '{}',
    constraint call_transcripts_pk primary key (call_id, seq),
    constraint call_transcripts_call_fk foreign key (call_id) references calls (id),
    constraint call_transcripts_speaker_known check (speaker in ('user', 'agent')),
    constraint call_transcripts_cut_is_whole check ((heard_ms is null) = (total_ms is null))
) strict;

-- What the call had to establish, as it stands.
create table call_intakes (
    call_id blob not null,
    -- A JSON object.
    structured_json text not null,
    urgency_level text,
    completed integer not null,
    constraint call_intakes_pk primary key (call_id),
    constraint call_intakes_call_fk foreign key (call_id) references calls (id),
    constraint call_intakes_completed_is_bool check (completed in (0, 1))
) strict;

-- The timeline: everything that happened to the call except its lines and its tokens.
create table call_events (
    call_id blob not null,
    -- The record's number: ascending, with gaps.
    no integer not null,
    timestamp integer not null,
    kind text not null,
    -- A JSON object.
    detail text not null default '{}',
    constraint call_events_pk primary key (call_id, no),
    constraint call_events_call_fk foreign key (call_id) references calls (id)
) strict;

-- What the model used, summed over the call. Cached tokens are a part of the tokens that went in.
create table usage (
    call_id blob not null,
    text_in integer not null,
    text_cached integer not null,
    audio_in integer not null,
    audio_cached integer not null,
    text_out integer not null,
    audio_out integer not null,
    transcribed_ms integer not null,
    constraint usage_pk primary key (call_id),
    constraint usage_call_fk foreign key (call_id) references calls (id)
) strict;

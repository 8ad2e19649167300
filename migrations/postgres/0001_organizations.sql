-- Who answers: one row for each organization whose phone we pick up.
-- The columns are those of the public API. JSON stays text, because it is shown as it was written.
-- Names sort by their bytes, whatever the cluster's language, so that both databases give the same order.
create table organizations (
    id text collate "C" not null,
    name text not null,
    -- JSON, or empty.
    business_hours text not null default '',
    after_hours_policy text not null default '',
    -- JSON, or empty.
    services_offered text not null default '',
    escalation_phone text not null default '',
    -- A JSON object: greeting, language, intake fields and so on.
    config text not null default '{}',
    constraint organizations_pk primary key (id)
);

-- Which dialled number belongs to whom. A number has one owner; giving it away again moves it.
create table phone_numbers (
    -- E.164.
    number text collate "C" not null,
    org_id text collate "C" not null,
    constraint phone_numbers_pk primary key (number),
    constraint phone_numbers_org_fk foreign key (org_id) references organizations (id)
);

create index phone_numbers_org on phone_numbers (org_id);

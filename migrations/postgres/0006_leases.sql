-- Several processes on one database: who has which call. And lists of one organization that read only its own rows.

-- One row for each start of a process, for as long as it lives.
create table leases (
    id uuid not null,
    -- The data directory's own name: whoever has the directory knows that every earlier process of it is dead.
    home uuid not null,
    -- Counts up while the process lives.
    beat bigint not null,
    -- By the database's clock.
    ends_at bigint not null,
    constraint leases_pk primary key (id)
);

-- The process that has the call; empty: nobody, so whoever looks next may take it up.
alter table calls add column lease uuid;

-- The organization of the call, which never changes.
alter table escalations add column org_id text collate "C" not null default '';
update escalations set org_id = (select c.org_id from calls c where c.id = call_id);
create index escalations_org_newest on escalations (org_id, requested_at desc, call_id desc, no desc);
create index escalations_org_open on escalations (org_id, requested_at desc, call_id desc, no desc)
    where state in ('requested', 'dialing', 'briefing', 'merging', 'bridged');

alter table callbacks add column org_id text collate "C" not null default '';
update callbacks set org_id = (select c.org_id from calls c where c.id = call_id);
create index callbacks_org_due on callbacks (org_id, due, call_id, no);
create index callbacks_org_open_due on callbacks (org_id, due, call_id, no) where state = 'open';

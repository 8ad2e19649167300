-- Conversations in a browser: calls without a leg and without numbers, whose lines the browser's page posts.

-- By which way the two speak. Every older call was made by phone.
alter table calls add column channel text not null default 'phone'
    constraint calls_channel_known check (channel in ('phone', 'browser'));
-- When a browser's session ends, should nobody end it before. A call by phone has timers instead.
alter table calls add column deadline bigint
    constraint calls_deadline_is_of_browsers check ((channel = 'browser') = (deadline is not null));

-- Open sessions are few; they are counted when one is opened, and looked through for those whose time is up.
create index calls_sessions_open on calls (deadline) where channel = 'browser' and outcome is null;

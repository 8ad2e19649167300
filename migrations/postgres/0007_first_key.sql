-- The key that a first start makes: two starts at once on an empty database leave one, because only one row may be it.
alter table api_keys add column first integer not null default 0;
create unique index api_keys_first on api_keys (first) where first = 1;

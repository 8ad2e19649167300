-- Keys of the HTTP API. Only a hash is kept, so that a stolen database opens nothing.
create table api_keys (
    -- SHA-256 in lower-case hex.
    hash text not null,
    name text not null,
    constraint api_keys_pk primary key (hash),
    constraint api_keys_hash_is_sha256 check (length(hash) = 64)
);

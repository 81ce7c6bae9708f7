-- First answers to uploads that came with a key, so that one that is sent again is answered and not stored again.

create table repeats (
    -- Of the token that has sent it; two tokens may choose the same key.
    token bigint not null references tokens (id),
    key text not null,
    at bigint not null,
    -- SHA-256 of what was asked and sent.
    sent text not null,
    -- The answer, as JSON.
    answer text not null,
    primary key (token, key)
);

create index repeats_by_time on repeats (at);

-- Which token has sent an upload: a name is only read, since the service itself sends under two that a token could have.

-- Null: the service itself (`seed`, `import`), or nobody knows.
alter table uploads add column token bigint references tokens (id);

update uploads
set token = (select id from tokens where tokens.name = uploads.sender and tokens.created_at <= uploads.created_at)
where sender not in ('seed', 'import');

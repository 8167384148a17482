-- +goose Up
-- wrapped_by is the number of the master key a person's key is wrapped under, index_by that of the index key of ukey.
alter table person add column wrapped_by bigint not null default 1;
alter table person add column index_by bigint not null default 1;
alter table household add column index_by bigint not null default 1;
-- Which keys this database is written with: the master key that wraps, the index key that makes entries, and the oldest
-- index key under which entries may still lie while a rotation of it lasts.
create table key_state (
  id           {{id}},
  master       bigint not null,
  index_oldest bigint not null,
  index_newest bigint not null
);
-- People whose identity was destroyed: under which entry of the journal, why, and on which basis in law.
create table erased (
  person {{id}},
  at     bigint not null,
  actor  {{text}} not null,
  reason {{text}} not null,
  basis  text not null,
  seq    bigint not null,
  head   {{blob}} not null
);

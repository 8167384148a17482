-- +goose Up
-- Keyed digests of names, of their readings and of pairs of their characters, each made for the person's own area: the same
-- name has another digest in the next community. Which kind a digest is of is not kept.
create table name_token (
  token  bigint not null,
  person bigint not null,
  primary key (token, person)
);
create index name_token_person on name_token (person);
-- named_by is the way the digests of a name were made, 0: not yet.
alter table person add column named_by bigint not null default 0;
create index person_unnamed on person (id) where named_by = 0;
-- Who searched by name and when, on the wall clock: for the allowance of searches. What was searched is not kept.
create table name_search (
  id    {{id}},
  actor {{text}} not null,
  at    bigint not null
);
create index name_search_actor on name_search (actor, at);

-- +goose Up
-- Decisions that two codes are one person, and that they are two after all. undone_at 0: it stands.
create table person_merge (
  id            {{id}},
  one           bigint not null,
  other         bigint not null,
  reason        text not null,
  actor         {{text}} not null,
  at            bigint not null,
  undone_reason text not null,
  undone_actor  {{text}} not null,
  undone_at     bigint not null
);
create index person_merge_one on person_merge (one);
create index person_merge_other on person_merge (other);
-- Codes that look like one person and are two: somebody decided, and they are not proposed again.
create table person_apart (
  one    bigint not null,
  other  bigint not null,
  reason text not null,
  actor  {{text}} not null,
  at     bigint not null,
  primary key (one, other)
);
-- first_code is the oldest code of a person who has several, in the rows of all of them; 0: the code is alone. It follows from
-- the decisions that stand.
alter table person add column first_code bigint not null default 0;
create index person_first_code on person (first_code, id) where first_code <> 0;

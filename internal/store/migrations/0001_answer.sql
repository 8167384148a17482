-- +goose Up
-- The first answer to a request that carried a key: a repeat gets it again.
create table answer (
  actor  {{text}} not null,
  route  {{text}} not null,
  ukey   {{text}} not null,
  digest {{text}} not null,
  answer text not null,
  at     bigint not null,
  primary key (actor, route, ukey)
);
create index answer_at on answer (at);

-- +goose Up
-- Keys of result secrets: one per epoch, sealed under a master key. A secret of an epoch that is over opens nothing.
create table secret_key (
  epoch     {{id}},
  sealed    {{blob}} not null,
  sealed_by bigint not null,
  begun_at  bigint not null,
  ended_at  bigint not null
);
-- Numbers whose secret was replaced or revoked, and which generation is good now; everybody else's is generation 0.
create table secret_generation (
  no          {{id}},
  person      bigint not null,
  generation  bigint not null,
  recorded_at bigint not null
);
create index secret_generation_person on secret_generation (person);

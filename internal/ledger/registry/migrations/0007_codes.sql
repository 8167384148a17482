-- +goose Up
-- Keys of personal codes: one per epoch, sealed under a master key. A code that was made under an epoch which is over is read, but
-- proves nothing.
create table code_key (
  epoch     {{id}},
  sealed    {{blob}} not null,
  sealed_by bigint not null,
  begun_at  bigint not null,
  ended_at  bigint not null
);

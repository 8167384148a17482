-- +goose Up
-- Testing laboratories.
create table lab (
  id          {{id}},
  name        text not null unique,
  area_id     bigint not null,
  area        {{text}} not null,
  per_day     bigint not null,
  recorded_at bigint not null
);
-- Hot: when a tube passed a stage. No foreign key; the issuing area comes first.
create table tube_seen (
  area_id     bigint not null,
  tube        {{text}} not null,
  stage       {{text}} not null,
  lab         bigint not null,
  at          bigint not null,
  recorded_at bigint not null,
  batch       bigint not null,
  primary key (area_id, tube, stage, lab)
);
-- Hot: what laboratories said of a tube, in the order they said it.
create table tube_result (
  area_id     bigint not null,
  tube        {{text}} not null,
  revision    bigint not null,
  result      {{text}} not null,
  lab         bigint not null,
  ran_at      bigint not null,
  recorded_at bigint not null,
  message     {{text}} not null,
  batch       bigint not null,
  outbreak    bigint not null,
  edition     {{text}} not null,
  retention   {{text}} not null,
  primary key (area_id, tube, revision)
);

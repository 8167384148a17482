-- +goose Up
-- Cases. state: open, in_question, discarded. live is 1 while the case is not discarded, then its own id, so that a person
-- has one live case in an outbreak.
create table case_file (
  id             {{id}},
  outbreak       bigint not null,
  edition        {{text}} not null,
  person         bigint not null,
  area           {{text}} not null,
  severity       {{text}} not null,
  classification {{text}} not null,
  via            {{text}} not null,
  state          {{text}} not null,
  live           bigint not null,
  tube           {{text}} not null,
  positive_at    bigint not null,
  onset_at       bigint not null,
  reason         text not null,
  retention      {{text}} not null,
  recorded_at    bigint not null,
  unique (outbreak, person, live)
);
create index case_file_area on case_file (area, id);
create index case_file_person on case_file (person);
-- Steps owed for a case, each with its clock.
create table case_step (
  case_id     bigint not null,
  step        {{text}} not null,
  started_at  bigint not null,
  due         bigint not null,
  done_at     bigint not null,
  recorded_at bigint not null,
  primary key (case_id, step)
);

-- +goose Up
-- Clocks of cases that a person let end later than the rule book they were started under had it: from when to when, and why.
create table case_clock_decision (
  case_id     bigint not null,
  step        {{text}} not null,
  was         bigint not null,
  due         bigint not null,
  reason      text not null,
  actor       {{text}} not null,
  recorded_at bigint not null,
  primary key (case_id, step, recorded_at)
);

-- +goose Up
-- What was decided about a case: whether it stands, on which ground, and why in words. The words may tell of somebody's health,
-- so they are here and not in the journal, which has the ground alone.
create table case_decision (
  case_id     bigint not null,
  upheld      bigint not null,
  ground      {{text}} not null,
  reason      text not null,
  actor       {{text}} not null,
  recorded_at bigint not null
);
create index case_decision_case on case_decision (case_id, recorded_at);

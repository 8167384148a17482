-- +goose Up
-- One row per thing that waits at a step. subject is what to open when somebody clicks.
create table board_waiting (
  step         {{text}} not null,
  ukey         {{text}} not null,
  outbreak     bigint not null,
  area         {{text}} not null,
  subject_kind {{text}} not null,
  subject      {{text}} not null,
  person       bigint not null,
  since        bigint not null,
  due          bigint not null,
  primary key (step, ukey)
);
create index board_waiting_queue on board_waiting (step, since, ukey);
create index board_waiting_area on board_waiting (area, step);
-- What was done, per hour of the event, area and outbreak.
create table board_tally (
  what     {{text}} not null,
  outbreak bigint not null,
  area     {{text}} not null,
  hour     bigint not null,
  n        bigint not null,
  primary key (what, outbreak, area, hour)
);

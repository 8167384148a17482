-- +goose Up
-- People whom a correction took out of a tube that had named them. back: 1 when a later one put them in again. asked: 1 once it was
-- looked at whether they are in another tube of the round, and another swab asked for when they are in none.
create table tube_left (
  round    bigint not null,
  area_id  bigint not null,
  tube     {{text}} not null,
  no       bigint not null,
  person   bigint not null,
  outbreak bigint not null,
  area     {{text}} not null,
  taken    bigint not null,
  back     bigint not null,
  asked    bigint not null,
  recorded_at bigint not null,
  primary key (round, tube, no)
);
create index tube_left_asked on tube_left (asked, round);

-- +goose Up
-- Hot: one row per operation on a tube, in the order they were recorded. What is the same for all tubes of a round (outbreak,
-- edition, retention) stands in its round, where a tube belongs in the area of its box. members is packed by form: 0 is n x
-- (number u32, seconds after taken u16, flags u16), little endian; 1 is differences, see tube_pack.go.
-- kind: 0 closed, 1 more members, 2 said anew (tube_amended says of which operation), and 16 more when keyed from paper.
-- Rows are never changed: the members of a tube are those of all its rows that were not said anew.
alter table tube rename to tube_before;
create table tube (
  seq         {{id}},
  area_id     bigint not null,
  tube        {{text}} not null,
  round       bigint not null,
  op_id       bigint not null,
  booth       bigint not null,
  kind        bigint not null,
  taken       bigint not null,
  recorded_at bigint not null,
  form        bigint not null,
  members     {{blob}}
);
insert into tube (seq, area_id, tube, round, op_id, booth, kind, taken, recorded_at, form, members)
  select row_number() over (order by recorded_at, area_id, tube, op_id), area_id, tube, round, op_id, booth, 0, taken, recorded_at, 0, members from tube_before;
drop table tube_before;
create unique index tube_key on tube (area_id, tube, round, op_id);
-- Sequences of rows of tube. 1: of the last one; the program gives them, so that a hand-in is a run of rows. 2: up to where tubes
-- were looked at for people who are in two.
create table tube_last (
  id  {{id}},
  seq bigint not null
);
insert into tube_last (id, seq) select 1, max(seq) from tube having count(*) > 0;
insert into tube_last (id, seq) select 2, max(seq) from tube having count(*) > 0;
-- Which operation one of kind 2 replaces, why and by whom it was said anew.
create table tube_amended (
  area_id  bigint not null,
  tube     {{text}} not null,
  round    bigint not null,
  op_id    bigint not null,
  replaces bigint not null,
  reason   text not null,
  by_whom  {{text}} not null,
  primary key (area_id, tube, round, op_id)
);
-- Sequence of the last row of tube when the round was opened: its tubes come after it.
alter table round add column tube_before bigint not null default 0;
-- 1 when a round was closed with nobody owed anything.
alter table round add column complete bigint not null default 0;

-- +goose Up
-- The columns of tube in an order that leaves no room between them, and the two small ones narrow: on PostgreSQL a row takes 24 bytes
-- less, a seventh of it. What they mean is written in 0002_intake.sql.
alter table tube rename to tube_wide;
create table tube (
  seq         {{id}},
  area_id     bigint not null,
  round       bigint not null,
  op_id       bigint not null,
  booth       bigint not null,
  taken       bigint not null,
  recorded_at bigint not null,
  kind        {{small}} not null,
  form        {{small}} not null,
  tube        {{text}} not null,
  members     {{blob}}
);
insert into tube (seq, area_id, round, op_id, booth, taken, recorded_at, kind, form, tube, members)
  select seq, area_id, round, op_id, booth, taken, recorded_at, kind, form, tube, members from tube_wide order by seq;
drop table tube_wide;
create unique index tube_key on tube (area_id, tube, round, op_id);

-- +goose Up
-- Runs of tube serials handed to sampling points. id counts up by one, so that whoever keeps them in memory sees by it what is new.
-- ended: returned, lost, or empty while the run stands; back is the first serial that was returned or lost, empty when none was.
create table serial_run (
  id          {{id}},
  booth       bigint not null,
  device      bigint not null,
  outbreak    bigint not null,
  area_id     bigint not null,
  area        {{text}} not null,
  first       {{text}} not null,
  last        {{text}} not null,
  length      bigint not null,
  checked     bigint not null,
  issued_by   {{text}} not null,
  issued_at   bigint not null,
  ended       {{text}} not null,
  back        {{text}} not null,
  ended_at    bigint not null,
  recorded_at bigint not null
);
create index serial_run_booth on serial_run (booth, ended);
create index serial_run_first on serial_run (length, first);

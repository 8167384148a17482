-- +goose Up
-- Runs of rows of tube as a start reads them: rows that follow each other without a gap, the last of which is upto, without what a
-- start does not ask for. Written behind the intake; where a run is missing the rows themselves are read. They are made from tube
-- alone: whatever takes rows of tube away takes their runs away, too.
create table tube_run (
  upto bigint primary key,
  rows {{blob}} not null
);

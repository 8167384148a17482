-- +goose Up
-- One append-only record per fact, in the order of commits, each chained to the one before.
create table journal (
  ledger   bigint not null,
  seq      bigint not null,
  at       bigint not null,
  kind     {{text}} not null,
  outbreak bigint not null,
  area     {{text}} not null,
  actor    {{text}} not null,
  cause    bigint not null,
  body     text not null,
  hash     {{blob}} not null,
  primary key (ledger, seq)
);
-- The last record of each ledger; its row is where the next sequence comes from.
create table journal_head (
  ledger bigint primary key,
  seq    bigint not null,
  hash   {{blob}} not null
);
-- What a record is about, so that the time line of one thing is read without searching.
create table journal_about (
  kind {{text}} not null,
  id   {{text}} not null,
  seq  bigint not null,
  primary key (kind, id, seq)
);
-- How far each consumer has come. Its effects and its cursor move in one transaction.
create table journal_cursor (
  consumer {{text}} primary key,
  seq      bigint not null
);
-- Entries a consumer could not work on; each has a task.
create table journal_parked (
  consumer {{text}} not null,
  seq      bigint not null,
  error    text not null,
  at       bigint not null,
  ended_at bigint not null,
  how      {{text}} not null,
  primary key (consumer, seq)
);

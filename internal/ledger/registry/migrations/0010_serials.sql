-- +goose Up
-- 1: the last character of the serials checks the others. The house printed them itself.
alter table tube_box add column checked bigint not null default 0;
-- Up to where the serials of a prefix were made.
create table serial_prefix (
  prefix {{text}} primary key,
  next   bigint not null
);

-- +goose Up
-- How often a program has begun to work on this database: the number tells the identifiers of several servers apart.
create table process (
  id {{id}},
  n  bigint not null
);

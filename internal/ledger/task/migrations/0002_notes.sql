-- +goose Up
-- What the person who ended a task by hand said about it; empty: nothing.
alter table task add column note text not null default '';

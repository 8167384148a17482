-- +goose Up
-- The number of the sampling point's device whose account it is; 0: somebody's. Nobody signs in to a device's account.
alter table users add column device bigint not null default 0;

-- +goose Up
-- filed is how many people were filed by keys when the model was learnt.
alter table link_model add column filed bigint not null default 0;

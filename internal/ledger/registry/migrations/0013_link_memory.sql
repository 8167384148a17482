-- +goose Up
-- Who is filed by keys is found in the memory of each server, which reads link_filed in the order of seq (link_memory.go). Whoever is filed
-- anew gets a new seq.
drop table link_key;
-- keys is how many of the tokens, from the first on, are keys; -1: filed before this was kept, any of them may be.
alter table link_filed add column keys bigint not null default -1;
-- tail is how many entries of an area wait in one row, called by the area's number below zero, to be put into the portions together.
alter table name_area add column tail bigint not null default 0;

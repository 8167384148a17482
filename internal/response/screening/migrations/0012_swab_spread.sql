-- +goose Up
-- How far the cycles of a hand lie apart: of so many wells, the sum of the squares in hundredths of a cycle squared, rounded to a cycle's
-- hundredth each. Wells from before are in neither.
alter table swab_quality add column spread_of bigint not null default 0;
alter table swab_quality add column squares bigint not null default 0;

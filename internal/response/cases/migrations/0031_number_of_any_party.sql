-- +goose Up
-- Lines of working lists name cases by numbers, and not whose.
create index case_external_number on case_external (outbreak, number);

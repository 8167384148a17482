-- +goose Up
-- Which edition of its own rules the board was made by: an older one is made anew from the journal.
create table board_edition (
  id      {{id}},
  edition bigint not null
);

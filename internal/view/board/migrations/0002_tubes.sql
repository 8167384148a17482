-- +goose Up
-- Tubes that wait are counted in memory, no rows any more.
delete from board_waiting where step in ('tube_transit', 'tube_testing', 'early');

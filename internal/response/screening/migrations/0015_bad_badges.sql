-- +goose Up
-- Each device is told at every beat which badges of its area are good no more.
create index sampler_bad on sampler (area, id) where badge > 1 or ended_at <> 0;

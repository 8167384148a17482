-- +goose Up
-- Whether a tube's members were ever said anew is asked by the tube alone.
create index tube_amended_tube on tube_amended (tube);

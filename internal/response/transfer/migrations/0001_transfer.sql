-- +goose Up
-- Vehicles of the closed loop.
create table vehicle (
  id          {{id}},
  area        {{text}} not null,
  area_id     bigint not null,
  kind        {{text}} not null,
  name        text not null unique,
  seats       bigint not null,
  recorded_at bigint not null
);
-- One person's way to one reserved bed. state: requested, vehicle_assigned, picked_up, arrived, cancelled, died.
-- live is 1 until the trip has ended, then its own id.
create table trip (
  id           {{id}},
  outbreak     bigint not null,
  edition      {{text}} not null,
  person       bigint not null,
  need         bigint not null,
  stay         bigint not null,
  area         {{text}} not null,
  site         bigint not null,
  vehicle      bigint not null,
  state        {{text}} not null,
  live         bigint not null,
  requested_at bigint not null,
  due          bigint not null,
  assigned_at  bigint not null,
  picked_up_at bigint not null,
  ended_at     bigint not null,
  reason       text not null,
  retention    {{text}} not null,
  recorded_at  bigint not null,
  unique (outbreak, person, live)
);
create index trip_state on trip (state, requested_at, id);
create index trip_vehicle on trip (vehicle, state);
create index trip_stay on trip (stay);

-- +goose Up
-- Hospitals, makeshift hospitals, isolation sites.
create table site (
  id          {{id}},
  outbreak    bigint not null,
  area        {{text}} not null,
  area_id     bigint not null,
  kind        {{text}} not null,
  name        text not null unique,
  recorded_at bigint not null
);
create table ward (
  id   {{id}},
  site bigint not null,
  name text not null,
  unique (site, name)
);
-- Beds and single rooms. stay is who holds or occupies it, 0 for nobody; state: open or closed.
create table bed (
  id       {{id}},
  site     bigint not null,
  ward     bigint not null,
  label    text not null,
  kind     {{text}} not null,
  state    {{text}} not null,
  stay     bigint not null,
  unique (ward, label)
);
create index bed_free on bed (kind, state, stay, site);
create index bed_site on bed (site, stay);
-- Somebody's need of a bed. state: waiting, reserved, met, ended. live is 1 while waiting or reserved, then its own id.
create table need (
  id          {{id}},
  outbreak    bigint not null,
  edition     {{text}} not null,
  person      bigint not null,
  case_id     bigint not null,
  area        {{text}} not null,
  severity    {{text}} not null,
  severity_rank bigint not null,
  kinds       {{text}} not null,
  state       {{text}} not null,
  live        bigint not null,
  since       bigint not null,
  due         bigint not null,
  ended_at    bigint not null,
  retention   {{text}} not null,
  recorded_at bigint not null,
  unique (outbreak, person, live)
);
create index need_queue on need (state, severity_rank, since, id);
-- A bed reserved, occupied or left. state: reserved, arrived, discharged, cancelled. bed 0: the site was over its beds.
create table stay (
  id            {{id}},
  outbreak      bigint not null,
  edition       {{text}} not null,
  person        bigint not null,
  need          bigint not null,
  case_id       bigint not null,
  area          {{text}} not null,
  site          bigint not null,
  bed           bigint not null,
  state         {{text}} not null,
  reserved_at   bigint not null,
  arrived_at    bigint not null,
  ended_at      bigint not null,
  reason        {{text}} not null,
  retention     {{text}} not null,
  recorded_at   bigint not null
);
create index stay_person on stay (person, state);
create index stay_site on stay (site, state);
create index stay_need on stay (need);

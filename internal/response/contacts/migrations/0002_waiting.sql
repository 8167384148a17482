-- +goose Up
-- Links that wait for the number of whoever exposed somebody: it is in no list of the party yet. id is that of the link to come.
create table contact_waiting (
  id          {{id}},
  outbreak    bigint not null,
  area        {{text}} not null,
  party       {{text}} not null,
  mark        {{text}} not null,
  number      {{text}} not null,
  to_person   bigint not null,
  exposure    text not null,
  setting     text not null,
  relation    text not null,
  first_at    bigint not null,
  last_at     bigint not null,
  batch       bigint not null,
  recorded_at bigint not null,
  unique (outbreak, party, mark)
);
create index contact_waiting_to on contact_waiting (to_person);
create index contact_waiting_area on contact_waiting (area, id);

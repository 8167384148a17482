-- +goose Up
-- Places are a tree: parent is the place around this one, 0 at a root. first_place is the oldest of places that were found to be
-- one, in the rows of all of them; 0: it is alone. lat and lon are millionths of a degree in the named system of coordinates.
alter table place add column parent bigint not null default 0;
alter table place add column first_place bigint not null default 0;
alter table place add column address text not null default '';
alter table place add column lat bigint not null default 0;
alter table place add column lon bigint not null default 0;
alter table place add column coordinates text not null default '';
alter table place add column open_from bigint not null default 0;
alter table place add column open_to bigint not null default 0;
alter table place add column recorded_at bigint not null default 0;
create index place_parent on place (parent, id);
create index place_area on place (area, id);
create index place_first on place (first_place, id) where first_place <> 0;
-- What a place is called, in any language; folded as names are compared.
create table place_name (
  place  bigint not null,
  folded {{text}} not null,
  name   text not null,
  lang   text not null,
  primary key (place, folded)
);
-- Decisions that two places are one, and that they are two after all.
create table place_merge (
  id            {{id}},
  one           bigint not null,
  other         bigint not null,
  reason        text not null,
  actor         {{text}} not null,
  at            bigint not null,
  undone_reason text not null,
  undone_actor  {{text}} not null,
  undone_at     bigint not null
);
create index place_merge_one on place_merge (one);
create index place_merge_other on place_merge (other);
-- Who was where. Rows are added and never changed: a correction is a further row that names the one it corrects, and gone tells
-- that nothing stands in its place. until is when the row is deleted.
create table visit (
  id             {{id}},
  outbreak       bigint not null,
  person         bigint not null,
  place          bigint not null,
  area           {{text}} not null,
  from_at        bigint not null,
  from_precision {{text}} not null,
  to_at          bigint not null,
  to_precision   {{text}} not null,
  source         {{text}} not null,
  purpose        {{text}} not null,
  retention      {{text}} not null,
  until          bigint not null,
  corrects       bigint not null,
  gone           bigint not null,
  actor          {{text}} not null,
  recorded_at    bigint not null
);
create index visit_person on visit (person, from_at);
create index visit_place on visit (place, from_at);
create index visit_corrects on visit (corrects);
create index visit_until on visit (until);

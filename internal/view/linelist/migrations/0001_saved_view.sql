-- +goose Up
-- Views of the line list that somebody keeps: a query as it stands in an address, and the columns to show. role and area say
-- with whom it is shared, an empty role with nobody.
create table saved_view (
  id          {{id}},
  owner       bigint not null,
  role        {{text}} not null,
  area        {{text}} not null,
  name        text not null,
  query       text not null,
  columns     text not null,
  recorded_at bigint not null
);
create index saved_view_owner on saved_view (owner);
create index saved_view_role on saved_view (role, area);

-- +goose Up
-- Who exposed whom. area is that of the person who was exposed. mark is how the list of a party knows the link. withdrawn_at is 0
-- while it stands.
create table contact_link (
  id           {{id}},
  outbreak     bigint not null,
  area         {{text}} not null,
  from_person  bigint not null,
  to_person    bigint not null,
  exposure     text not null,
  setting      text not null,
  relation     text not null,
  first_at     bigint not null,
  last_at      bigint not null,
  party        {{text}} not null,
  mark         {{text}} not null,
  sealed       {{blob}},
  batch        bigint not null,
  version      bigint not null,
  withdrawn_at bigint not null,
  reason       text not null,
  retention    {{text}} not null,
  recorded_at  bigint not null,
  unique (outbreak, party, mark)
);
create index contact_link_area on contact_link (area, id);
create index contact_link_from on contact_link (from_person);
create index contact_link_to on contact_link (to_person);
-- What a list says of a link beyond our fields, where a person declared it open.
create table contact_extra (
  link  bigint not null,
  field {{text}} not null,
  value text not null,
  primary key (link, field)
);
-- Numbers by which the lists of a party know people.
create table contact_external (
  outbreak    bigint not null,
  party       {{text}} not null,
  number      {{text}} not null,
  person      bigint not null,
  recorded_at bigint not null,
  primary key (outbreak, party, number)
);
-- What a link said before a later list said something else.
create table contact_change (
  link        bigint not null,
  version     bigint not null,
  was         text not null,
  actor       {{text}} not null,
  recorded_at bigint not null,
  primary key (link, version)
);

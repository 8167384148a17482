-- +goose Up
-- Outbreaks: one disease under one protocol, in an area.
create table outbreak (
  id          {{id}},
  name        text not null,
  protocol    {{text}} not null,
  edition     {{text}} not null,
  area        {{text}} not null,
  started_at  bigint not null,
  ended_at    bigint not null,
  recorded_at bigint not null
);
-- The area tree of any country. id is small, for the keys of hot tables; path carries the codes from the root.
create table area (
  id          {{id}},
  code        {{text}} not null unique,
  path        {{text}} not null unique,
  level       {{text}} not null,
  code_kind   text not null,
  name        text not null,
  name_en     text not null,
  time_zone   text not null,
  population  bigint not null,
  recorded_at bigint not null
);
-- Ranges of roll numbers; a community owns one or more, with gaps left for those who come later.
create table roll_range (
  first   {{id}},
  last    bigint not null,
  area_id bigint not null,
  area    {{text}} not null,
  next    bigint not null
);
create index roll_range_area on roll_range (area, first);
-- People behind one door.
create table household (
  id       {{id}},
  area_id  bigint not null,
  area     {{text}} not null,
  building text not null,
  door     text not null,
  ukey     {{text}} not null unique
);
create index household_area on household (area, building, door);
-- Places people visit or that stand in a zone.
create table place (
  id      {{id}},
  area_id bigint not null,
  area    {{text}} not null,
  kind    {{text}} not null,
  name    text not null,
  ukey    {{text}} not null unique
);
-- Everybody the response is about. no is the number on the roll, or above 2^31 for people who are not on it.
-- sealed holds the identity under the person's key, wrapped that key under the master key; both null: nothing is known.
create table person (
  id            {{id}},
  no            bigint not null unique,
  on_roll       bigint not null,
  area_id       bigint not null,
  area          {{text}} not null,
  household     bigint not null,
  sex           {{text}} not null,
  birth_year    bigint not null,
  sealed        {{blob}},
  wrapped       {{blob}},
  ukey          {{text}} not null unique,
  retention     {{text}} not null,
  registered_at bigint not null,
  recorded_at   bigint not null
);
create index person_area on person (area, id);
create index person_household on person (household);
-- Blind index: keyed digests of identity numbers and phones, for exact look-up without the plain text.
create table identity_token (
  kind   {{text}} not null,
  token  bigint not null,
  person bigint not null,
  primary key (kind, token, person)
);
create index identity_token_person on identity_token (person);
-- Runs of tube serials issued to an area for an outbreak.
create table tube_box (
  first     {{text}} primary key,
  last      {{text}} not null,
  length    bigint not null,
  area_id   bigint not null,
  area      {{text}} not null,
  outbreak  bigint not null,
  issued_at bigint not null
);
-- Tells the right master key from a wrong one.
create table key_check (
  id    {{id}},
  proof {{blob}} not null
);

-- +goose Up
-- Other parties whose lists are compared with the cases of an outbreak. rhythm: hours after which a new list is expected, 0: none.
-- columns and codes are what was said of how they write: which column is which field, which of their words is which of ours.
create table party (
  code        {{text}} primary key,
  name        text not null,
  kind        {{text}} not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  owner       bigint not null,
  rhythm      bigint not null,
  folder      {{text}} not null,
  dates       {{text}} not null,
  columns     text not null,
  codes       text not null,
  ended_at    bigint not null,
  recorded_at bigint not null
);
-- Lists as they came. index_key is the key their digests were made under, lid seals the key of their rows; without it the rows
-- open no more. swept_at: when the rows were deleted.
create table party_list (
  id         {{id}},
  party      {{text}} not null,
  outbreak   bigint not null,
  area       {{text}} not null,
  name       text not null,
  digest     {{text}} not null,
  rows       bigint not null,
  rejected   bigint not null,
  columns    text not null,
  unread     text not null,
  arrived_at bigint not null,
  actor      {{text}} not null,
  index_key  bigint not null,
  lid        {{blob}},
  lid_by     bigint not null,
  swept_at   bigint not null,
  unique (party, digest)
);
create index party_list_party on party_list (party, arrived_at);
create table party_row (
  list   bigint not null,
  no     bigint not null,
  number {{text}} not null,
  keys   {{blob}} not null,
  vals   text not null,
  sealed {{blob}} not null,
  primary key (list, no)
);
-- Files of watched folders that were looked at; reason: why one was set aside.
create table party_file (
  party  {{text}} not null,
  digest {{text}} not null,
  name   text not null,
  at     bigint not null,
  list   bigint not null,
  reason {{text}} not null,
  primary key (party, digest)
);
create table compare_run (
  id         {{id}},
  party      {{text}} not null,
  outbreak   bigint not null,
  area       {{text}} not null,
  list       bigint not null,
  at         bigint not null,
  actor      {{text}} not null,
  ours       bigint not null,
  theirs     bigint not null,
  matched    bigint not null,
  differing  bigint not null,
  only_here  bigint not null,
  only_there bigint not null,
  again      bigint not null,
  unclear    bigint not null,
  opened     bigint not null,
  gone       bigint not null
);
create index compare_run_party on compare_run (party, id);
-- What became of each row of the newest list.
create table compare_row (
  party    {{text}} not null,
  no       bigint not null,
  case_id  bigint not null,
  found_by {{text}} not null,
  outcome  {{text}} not null,
  primary key (party, no)
);
-- Differences. mark says which one it is from one day to the next; present: it was there in the newest comparison.
create table difference (
  id         {{id}},
  party      {{text}} not null,
  outbreak   bigint not null,
  area       {{text}} not null,
  mark       {{text}} not null,
  what       {{text}} not null,
  field      {{text}} not null,
  ours       text not null,
  theirs     text not null,
  case_id    bigint not null,
  number     {{text}} not null,
  row_no     bigint not null,
  rivals     bigint not null,
  found_by   {{text}} not null,
  owner      bigint not null,
  state      {{text}} not null,
  note       text not null,
  present    bigint not null,
  times      bigint not null,
  first_seen bigint not null,
  last_seen  bigint not null,
  changed_at bigint not null,
  changed_by {{text}} not null,
  unique (party, mark)
);
create index difference_state on difference (party, state, id);
create index difference_case on difference (case_id) where case_id <> 0;
-- Which party is the source of truth for a field of an outbreak, from when until when; until_at 0: it still is.
create table owned_field (
  outbreak bigint not null,
  field    {{text}} not null,
  party    {{text}} not null,
  from_at  bigint not null,
  until_at bigint not null,
  actor    {{text}} not null,
  primary key (outbreak, field, from_at)
);
create index owned_field_party on owned_field (party);
-- What a party is asked to correct in its own list.
create table correction (
  id         {{id}},
  party      {{text}} not null,
  outbreak   bigint not null,
  area       {{text}} not null,
  difference bigint not null,
  what       {{text}} not null,
  case_id    bigint not null,
  number     {{text}} not null,
  field      {{text}} not null,
  ours       text not null,
  theirs     text not null,
  asked_at   bigint not null,
  actor      {{text}} not null,
  sent_at    bigint not null
);
create index correction_party on correction (party, sent_at, id);
-- Statutory reports: a definition and its versions, what went out, and which case went out as what.
create table statutory (
  code     {{text}} not null,
  version  bigint not null,
  name     text not null,
  outbreak bigint not null,
  area     {{text}} not null,
  party    {{text}} not null,
  body     text not null,
  at       bigint not null,
  actor    {{text}} not null,
  primary key (code, version)
);
create table statutory_run (
  id       {{id}},
  code     {{text}} not null,
  version  bigint not null,
  outbreak bigint not null,
  area     {{text}} not null,
  party    {{text}} not null,
  rows     bigint not null,
  named    bigint not null,
  only_new bigint not null,
  digest   {{text}} not null,
  totals   text not null,
  purpose  {{text}} not null,
  actor    {{text}} not null,
  at       bigint not null
);
create index statutory_run_code on statutory_run (code, id);
create table statutory_row (
  code    {{text}} not null,
  case_id bigint not null,
  digest  {{text}} not null,
  run     bigint not null,
  primary key (code, case_id)
);

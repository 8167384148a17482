-- +goose Up
-- What a line list says of a case. Days are the instant they begin at in the area's time zone, 0: not known. age_months is the age at
-- onset, -1: not known. followed 0: taken from a list for the record, nothing is owed for it here. version counts the changes of the
-- row, changed is the number of the last of them in the whole house, batch the batch that made it, 0: none.
alter table case_file add column sex {{text}} not null default 'unknown';
alter table case_file add column age_months bigint not null default -1;
alter table case_file add column occupation text not null default '';
alter table case_file add column hospital text not null default '';
alter table case_file add column origin {{text}} not null default 'unknown';
alter table case_file add column cluster text not null default '';
alter table case_file add column sampled_at bigint not null default 0;
alter table case_file add column reported_at bigint not null default 0;
alter table case_file add column diagnosed_at bigint not null default 0;
alter table case_file add column hospitalised_at bigint not null default 0;
alter table case_file add column isolated_at bigint not null default 0;
alter table case_file add column outcome {{text}} not null default 'unknown';
alter table case_file add column outcome_at bigint not null default 0;
alter table case_file add column followed bigint not null default 1;
alter table case_file add column version bigint not null default 1;
alter table case_file add column changed bigint not null default 0;
alter table case_file add column batch bigint not null default 0;
create index case_file_changed on case_file (changed);
-- Every change of a field, as text, days as ISO dates. version is the case's after it.
create table case_change (
  case_id bigint not null,
  field   {{text}} not null,
  was     text not null,
  became  text not null,
  version bigint not null,
  at      bigint not null,
  actor   {{text}} not null,
  batch   bigint not null
);
create index case_change_case on case_change (case_id, at);
create index case_change_at on case_change (at);
create index case_change_batch on case_change (batch) where batch <> 0;
-- Changes of many cases at once. undoes is the batch it takes back, 0: none; undone the batch that took it back.
create table case_edit (
  batch       {{id}},
  area        {{text}} not null,
  outbreak    bigint not null,
  fields      text not null,
  changed     bigint not null,
  reason      text not null,
  actor       {{text}} not null,
  undoes      bigint not null,
  undone      bigint not null,
  recorded_at bigint not null
);
create index case_edit_recorded on case_edit (recorded_at);
-- Fields of lists that are none of ours. Those somebody declared to tell nothing about who it is stand here as they came; the
-- others are sealed under the key of the person.
create table case_extra (
  case_id bigint not null,
  field   {{text}} not null,
  value   text not null,
  primary key (case_id, field)
);
create table case_more (
  case_id {{id}},
  sealed  {{blob}} not null
);
-- The number of a case in a party's list, an empty party is our own, with what the row said last time. reported_at is when the
-- case was reported to the party, 0: not by us.
create table case_external (
  outbreak    bigint not null,
  party       {{text}} not null,
  number      {{text}} not null,
  case_id     bigint not null,
  mark        {{text}} not null,
  said        text not null,
  reported_at bigint not null,
  receipt     text not null,
  recorded_at bigint not null,
  primary key (outbreak, party, number)
);
create index case_external_case on case_external (case_id);

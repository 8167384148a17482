-- +goose Up
-- Rounds are planned, open, closing, closed; a plan that was dropped is cancelled. opened_at: 0 while it is planned. known_wall:
-- the wall clock when the round became known: a device that ended before holds nothing of it. early_seq: the first row of tube
-- that came while it was planned. held_back: when it could not open by itself. excuse: why it was opened without a rehearsal.
alter table round add column opened_at bigint not null default 0;
alter table round add column closing_at bigint not null default 0;
alter table round add column known_wall bigint not null default 0;
alter table round add column early_seq bigint not null default 0;
alter table round add column held_back bigint not null default 0;
alter table round add column excuse text not null default '';
alter table round add column excuse_by {{text}} not null default '';
alter table round add column rehearsed bigint not null default 0;
update round set opened_at = recorded_at;
create index round_state on round (state, opens);
-- Swabs per tube in parts of a round, where they are others than the round's. household: 1 when a tube holds one household.
create table round_pool (
  round     bigint not null,
  area      {{text}} not null,
  pool      bigint not null,
  household bigint not null,
  primary key (round, area)
);
-- Whom a sampling point is for: community, fever_clinic, contacts, isolation_site.
alter table booth add column kind {{text}} not null default 'community';
-- Who recorded an outcome.
alter table roll_outcome add column by_whom {{text}} not null default '';
create index roll_outcome_by on roll_outcome (round, by_whom, recorded_at);
-- Devices somebody declared lost. whole: 1 when tubes are all it can have held. tubes: serials, a space between two.
create table device_loss (
  device      bigint not null primary key,
  outbreak    bigint not null,
  area        {{text}} not null,
  missing     bigint not null,
  whole       bigint not null,
  tubes       text not null,
  reason      text not null,
  declared_by {{text}} not null,
  at          bigint not null
);
-- Door sheets (入户登记单): people of one building whom a round still owes a swab, on paper. id is the number on it without its
-- check digit. state: out, back, lost.
create table door_sheet (
  id          {{id}},
  round       bigint not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  building    text not null,
  state       {{text}} not null,
  people      bigint not null,
  out_at      bigint not null,
  out_by      {{text}} not null,
  ended_at    bigint not null,
  ended_by    {{text}} not null,
  reason      text not null,
  retention   {{text}} not null
);
create index door_sheet_round on door_sheet (round, state, id);
-- One person on a sheet; the door is the person's, in the registry, so that erasing somebody unties it here, too. said: sampled, away, refused, excused, unreachable; empty until somebody says.
create table door_line (
  sheet   bigint not null,
  line    bigint not null,
  no      bigint not null,
  person  bigint not null,
  said    {{text}} not null,
  reason  text not null,
  said_at bigint not null,
  said_by {{text}} not null,
  primary key (sheet, line)
);
create index door_line_no on door_line (no, sheet);
-- People whose excusal somebody else checks by calling them. found: confirmed, contradicted, not_reached; empty until somebody called.
create table call_back (
  id       {{id}},
  anomaly  bigint not null,
  round    bigint not null,
  outbreak bigint not null,
  area     {{text}} not null,
  person   bigint not null,
  no       bigint not null,
  outcome  {{text}} not null,
  said_by  {{text}} not null,
  asked_at bigint not null,
  due      bigint not null,
  found    {{text}} not null,
  found_at bigint not null,
  found_by {{text}} not null,
  unique (round, no, said_by)
);
create index call_back_open on call_back (found_at, area, id);
-- Rehearsals of a day of testing that were passed.
create table rehearsal (
  id         {{id}},
  version    {{text}} not null,
  engine     {{text}} not null,
  people     bigint not null,
  tubes      bigint not null,
  kills      bigint not null,
  seconds    bigint not null,
  rate       bigint not null,
  passed_at  bigint not null,
  by_whom    {{text}} not null
);
create index rehearsal_version on rehearsal (version, engine, people);

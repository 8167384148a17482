-- +goose Up
-- Testing rounds; area is the common root of the areas they reach.
create table round (
  id          {{id}},
  outbreak    bigint not null,
  edition     {{text}} not null,
  area        {{text}} not null,
  name        text not null,
  pool        bigint not null,
  opens       bigint not null,
  closes      bigint not null,
  state       {{text}} not null,
  roll        bigint not null,
  opened_seq  bigint not null,
  retention   {{text}} not null,
  closed_at   bigint not null,
  recorded_at bigint not null
);
create table round_area (
  round bigint not null,
  area  {{text}} not null,
  primary key (round, area)
);
-- Sampling points.
create table booth (
  id          {{id}},
  outbreak    bigint not null,
  area_id     bigint not null,
  area        {{text}} not null,
  name        text not null,
  recorded_at bigint not null
);
-- Hot: one row per operation on a tube; members is n x (number u32, seconds after taken u16, flags u16), little endian.
-- Rows are never changed: the members of a tube are those of all its rows.
create table tube (
  area_id     bigint not null,
  tube        {{text}} not null,
  round       bigint not null,
  op_id       bigint not null,
  area        {{text}} not null,
  booth       bigint not null,
  batch       bigint not null,
  kind        {{text}} not null,
  taken       bigint not null,
  recorded_at bigint not null,
  hash        bigint not null,
  members     {{blob}},
  outbreak    bigint not null,
  edition     {{text}} not null,
  retention   {{text}} not null,
  primary key (area_id, tube, round, op_id)
);
-- Tubes that give no result any more.
create table tube_spoiled (
  area_id     bigint not null,
  tube        {{text}} not null,
  round       bigint not null,
  reason      {{text}} not null,
  at          bigint not null,
  recorded_at bigint not null,
  primary key (area_id, tube)
);
-- What was recorded of people who were not sampled; the journal keeps what it was before.
create table roll_outcome (
  round       bigint not null,
  no          bigint not null,
  person      bigint not null,
  outcome     {{text}} not null,
  reason      text not null,
  at          bigint not null,
  recorded_at bigint not null,
  primary key (round, no)
);
-- People owed a new swab.
create table sample_again (
  round    bigint not null,
  tube     {{text}} not null,
  person   bigint not null,
  no       bigint not null,
  outbreak bigint not null,
  area     {{text}} not null,
  asked_at bigint not null,
  due      bigint not null,
  met_at   bigint not null,
  met_tube {{text}} not null,
  primary key (round, tube, person)
);
create index sample_again_no on sample_again (no, met_at);
create index sample_again_open on sample_again (met_at, area);
-- Pools whose members are called back. state: open, members_unknown, positive_found, none_positive, revised.
create table recall (
  area_id   bigint not null,
  tube      {{text}} not null,
  round     bigint not null,
  outbreak  bigint not null,
  area      {{text}} not null,
  result    {{text}} not null,
  state     {{text}} not null,
  opened_at bigint not null,
  closed_at bigint not null,
  primary key (area_id, tube)
);
create index recall_state on recall (state, opened_at);
-- Held members. state: held, resampled, negative, positive, revised. held_to is when the hold ended, 0 while it runs.
create table recall_member (
  area_id      bigint not null,
  tube         {{text}} not null,
  person       bigint not null,
  no           bigint not null,
  outbreak     bigint not null,
  area         {{text}} not null,
  state        {{text}} not null,
  held_at      bigint not null,
  held_until   bigint not null,
  held_to      bigint not null,
  resample_due bigint not null,
  single       {{text}} not null,
  single_at    bigint not null,
  result_due   bigint not null,
  ended_at     bigint not null,
  primary key (area_id, tube, person)
);
create index recall_member_no on recall_member (no, ended_at);
create index recall_member_person on recall_member (person);
create index recall_member_single on recall_member (single);
create index recall_member_until on recall_member (held_to, held_until);
-- Things that do not fit. ukey makes finding the same thing twice harmless.
create table anomaly (
  id          {{id}},
  ukey        {{text}} not null unique,
  what        {{text}} not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  round       bigint not null,
  tube        {{text}} not null,
  person      bigint not null,
  content     text not null,
  at          bigint not null,
  verdict     {{text}} not null,
  settled_at  bigint not null,
  settled_by  {{text}} not null,
  recorded_at bigint not null
);
create index anomaly_open on anomaly (settled_at, area, id);
create index anomaly_tube on anomaly (tube, what);

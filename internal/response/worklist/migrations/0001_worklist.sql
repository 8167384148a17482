-- +goose Up
-- Working lists. lid seals the key of their rows; without it they open no more.
create table work_list (
  id          {{id}},
  form        {{text}} not null,
  name        text not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  owner       bigint not null,
  vehicle     text not null,
  site        text not null,
  columns     text not null,
  rows        bigint not null,
  purpose     {{text}} not null,
  lid         {{blob}},
  lid_by      bigint not null,
  expires_at  bigint not null,
  ended_at    bigint not null,
  deleted_at  bigint not null,
  digest      {{text}} not null,
  recorded_at bigint not null
);
create index work_list_owner on work_list (owner, id);
create table work_row (
  list       bigint not null,
  no         bigint not null,
  sealed     {{blob}} not null,
  state      {{text}} not null,
  person     bigint not null,
  case_id    bigint not null,
  candidates text not null,
  primary key (list, no)
);
create table work_cell (
  list   bigint not null,
  no     bigint not null,
  col    bigint not null,
  sealed {{blob}} not null,
  actor  {{text}} not null,
  at     bigint not null,
  primary key (list, no, col)
);
-- Who else works with a list: a user, or everybody of a role whom the list's area and outbreak reach.
create table work_share (
  list    bigint not null,
  user_id bigint not null,
  role    {{text}} not null,
  at      bigint not null,
  primary key (list, user_id, role)
);
create index work_share_user on work_share (user_id);
-- Who opened the lines of a list, for what, and how long they stay open to him.
create table work_open (
  list     bigint not null,
  user_id  bigint not null,
  purpose  {{text}} not null,
  until_at bigint not null,
  primary key (list, user_id)
);
create table roll_call (
  list     bigint not null,
  no       bigint not null,
  name     text not null,
  actor    {{text}} not null,
  begun_at bigint not null,
  ended_at bigint not null,
  primary key (list, no)
);
create table roll_mark (
  list  bigint not null,
  call  bigint not null,
  no    bigint not null,
  mark  {{text}} not null,
  actor {{text}} not null,
  at    bigint not null,
  primary key (list, call, no)
);

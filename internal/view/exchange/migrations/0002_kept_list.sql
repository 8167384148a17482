-- +goose Up
-- Lists people are working on: sent, looked at, tried, loaded. What is in them is sealed under a key of each list (lid), which goes
-- with it; head is what is known of the list beside its state, sealed too. Times are the machine's.
create table kept_list (
  id       {{text}} primary key,
  user_id  bigint not null,
  kind     {{text}} not null,
  outbreak bigint not null,
  state    {{text}} not null,
  turn     bigint not null,
  head     {{blob}} not null,
  size     bigint not null,
  back     bigint not null,
  lid      {{blob}} not null,
  lid_by   bigint not null,
  sent_at  bigint not null,
  ends_at  bigint not null,
  beat_at  bigint not null,
  halt     bigint not null
);
create index kept_list_user on kept_list (user_id, sent_at);
create index kept_list_ends on kept_list (ends_at);
create table kept_piece (
  list  {{text}} not null,
  place bigint not null,
  box   {{blob}} not null,
  primary key (list, place)
);

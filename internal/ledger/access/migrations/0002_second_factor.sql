-- +goose Up
-- The second factor of a user: the secret his telephone shares with us, sealed like an identity. last_step is the newest
-- step of time a code was taken of, so that none is taken twice. pending is the secret of a telephone that is being set up.
create table user_factor (
  user_id    bigint primary key references users (id),
  sealed     {{blob}} not null,
  sealed_by  bigint not null,
  at         bigint not null,
  last_step  bigint not null,
  pending    {{blob}} not null,
  pending_by bigint not null,
  pending_at bigint not null
);
-- Codes on paper for the day the telephone is lost, as digests. A code that was used is gone.
create table user_recovery_code (
  user_id   bigint not null references users (id),
  code_hash {{text}} not null,
  primary key (user_id, code_hash)
);
-- A second factor to be taken away: one administrator asks, another confirms. done_at is 0 while nobody confirmed.
create table factor_reset (
  id           {{id}},
  user_id      bigint not null references users (id),
  asked_by     {{text}} not null,
  at           bigint not null,
  until        bigint not null,
  confirmed_by {{text}} not null,
  done_at      bigint not null
);
create index factor_reset_user on factor_reset (user_id);
-- Who signs in through an office's own directory: which account there is which user here. An administrator says so beforehand.
create table user_link (
  issuer   {{text}} not null,
  subject  {{text}} not null,
  user_id  bigint not null references users (id),
  given_by {{text}} not null,
  at       bigint not null,
  primary key (issuer, subject)
);
create index user_link_user on user_link (user_id);
-- When the second factor of a session was shown; 0: not yet.
alter table user_session add column passed_at bigint not null default 0;

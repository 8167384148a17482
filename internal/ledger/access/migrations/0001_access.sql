-- +goose Up
-- Somebody who signs in. The hash carries its own parameters; once is 1 while the password is one somebody else gave.
create table users (
  id          {{id}},
  login       {{text}} not null unique,
  name        text not null,
  lang        {{text}} not null,
  area        {{text}} not null,
  pass_hash   text not null,
  once        bigint not null,
  created_at  bigint not null,
  disabled_at bigint not null
);
create index users_area on users (area);
-- Which role a user holds where, for which outbreak and until when. A revoked grant stays as history.
create table user_grant (
  id         {{id}},
  user_id    bigint not null references users (id),
  role       {{text}} not null,
  area       {{text}} not null,
  outbreak   bigint not null,
  given_by   {{text}} not null,
  at         bigint not null,
  until      bigint not null,
  revoked_at bigint not null,
  retention  {{text}} not null
);
create index user_grant_user on user_grant (user_id);
-- A sign-in that lasts. Only a digest of its secret is kept; the row goes when it ends.
create table user_session (
  id          {{id}},
  user_id     bigint not null references users (id),
  secret_hash {{text}} not null unique,
  at          bigint not null,
  seen_at     bigint not null,
  end_at      bigint not null,
  device      text not null
);
create index user_session_user on user_session (user_id);
-- The key of a program that acts for a user. Only a digest of its secret is kept.
create table user_token (
  id          {{id}},
  user_id     bigint not null references users (id),
  secret_hash {{text}} not null unique,
  name        text not null,
  at          bigint not null,
  until       bigint not null,
  used_at     bigint not null,
  revoked_at  bigint not null
);
create index user_token_user on user_token (user_id);
-- What a token may do at most; what its user no longer holds is left out when it is used.
create table user_token_grant (
  token    bigint not null references user_token (id),
  role     {{text}} not null,
  area     {{text}} not null,
  outbreak bigint not null,
  primary key (token, role, area, outbreak)
);
-- Failed sign-ins per account and per address, both as digests: a password typed into the wrong field must not stand here.
create table sign_in_attempt (
  subject {{text}} primary key,
  failed  bigint not null,
  last_at bigint not null
);
create index sign_in_attempt_last on sign_in_attempt (last_at);

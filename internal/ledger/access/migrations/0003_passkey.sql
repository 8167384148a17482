-- +goose Up
-- The passkeys of a user: public halves of keys that a device keeps. One works at the host name it was made for and nowhere
-- else (rp). sign_count is the newest count its device told; backed is 1 when the device may keep copies elsewhere.
create table user_passkey (
  id         {{id}},
  user_id    bigint not null references users (id),
  name       text not null,
  rp         {{text}} not null,
  credential {{text}} not null,
  public_key {{blob}} not null,
  sign_count bigint not null,
  backed     bigint not null,
  at         bigint not null,
  used_at    bigint not null,
  unique (rp, credential)
);
create index user_passkey_user on user_passkey (user_id);
-- What a browser has been asked to sign, once, by which session and for what: to show a passkey, or to make one under a name.
-- The row goes when an answer comes, right or wrong.
create table passkey_challenge (
  session   bigint not null,
  kind      {{text}} not null,
  challenge {{blob}} not null,
  rp        {{text}} not null,
  origin    {{text}} not null,
  name      text not null,
  until     bigint not null,
  primary key (session, kind)
);
create index passkey_challenge_until on passkey_challenge (until);
-- Which token a token was made with; 0: none. A token ends with the one it was made with.
alter table user_token add column made_with bigint not null default 0;
create index user_token_made_with on user_token (made_with);

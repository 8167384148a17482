-- +goose Up
-- Devices of sampling points, and sets of paper sheets (kind sheet). id is the upper bits of the operations it makes, never given
-- twice. until, enrolled_at, ended_at and the beats are of the wall clock. ended: how it ended, empty while it acts. acked is the
-- counter up to which nothing was missing when it last told of itself: where counting goes on after a start.
create table device (
  id          {{id}},
  kind        {{text}} not null,
  booth       bigint not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  name        text not null,
  user_id     bigint not null,
  made_by     {{text}} not null,
  enrolled_at bigint not null,
  until       bigint not null,
  ended       {{text}} not null,
  ended_at    bigint not null,
  ended_by    {{text}} not null,
  acked       bigint not null,
  beat_at     bigint not null,
  last        bigint not null,
  outbox      bigint not null,
  oldest      bigint not null,
  skew        bigint not null,
  queue       bigint not null,
  tubes       bigint not null,
  swabs       bigint not null
);
create index device_booth on device (booth);
create index device_user on device (user_id);
-- One-time codes by which a device enrols, as digests.
create table device_code (
  digest   {{text}} primary key,
  booth    bigint not null,
  name     text not null,
  hours    bigint not null,
  made_by  {{text}} not null,
  ends_at  bigint not null
);
-- Walk-ins whose tube came before what is known of them, until they are known.
create table walk_in_early (
  no      bigint not null,
  area_id bigint not null,
  tube    {{text}} not null,
  primary key (no, area_id, tube)
);
-- Paper sheets: what two people keyed of one sheet, as JSON, until they agree and it is handed in.
create table sheet (
  id        {{id}},
  device    bigint not null,
  round     bigint not null,
  booth     bigint not null,
  outbreak  bigint not null,
  area      {{text}} not null,
  name      text not null,
  one_by    {{text}} not null,
  one       text not null,
  other_by  {{text}} not null,
  other     text not null,
  agreed_at bigint not null,
  recorded_at bigint not null
);
create index sheet_open on sheet (agreed_at, area);

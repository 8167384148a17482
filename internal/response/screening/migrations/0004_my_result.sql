-- +goose Up
-- People whose own result is positive, and whether they were told. It shows by itself from shows_at on. stayed: 1 when the person
-- was asked to stay at the time. ended_at: when the laboratory took the result back.
create table positive_telling (
  tube        {{text}} not null,
  person      bigint not null,
  no          bigint not null,
  round       bigint not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  found_at    bigint not null,
  shows_at    bigint not null,
  stayed      bigint not null,
  told_at     bigint not null,
  told_by     {{text}} not null,
  ended_at    bigint not null,
  retention   {{text}} not null,
  recorded_at bigint not null,
  primary key (tube, person)
);
create index positive_telling_open on positive_telling (told_at, ended_at, found_at);
create index positive_telling_person on positive_telling (person);
-- What residents of an area are shown: whom to call, and where swabs are taken. outbreak 0: in every one.
create table result_line (
  area        {{text}} not null,
  outbreak    bigint not null,
  phone       text not null,
  place       text not null,
  recorded_at bigint not null,
  primary key (area, outbreak)
);
-- Antigen kits that were handed out; person 0: to the community.
create table kit_handout (
  id          {{id}},
  outbreak    bigint not null,
  area        {{text}} not null,
  person      bigint not null,
  kits        bigint not null,
  lot         {{text}} not null,
  at          bigint not null,
  retention   {{text}} not null,
  recorded_at bigint not null
);
create index kit_handout_area on kit_handout (area);
-- What antigen tests made at home showed. They are no results of a laboratory and are counted nowhere else. by_whom: resident,
-- staff. followed_at: when the swab that a positive one asks for was taken.
create table self_test (
  id            {{id}},
  outbreak      bigint not null,
  area          {{text}} not null,
  person        bigint not null,
  no            bigint not null,
  result        {{text}} not null,
  lot           {{text}} not null,
  by_whom       {{text}} not null,
  at            bigint not null,
  due           bigint not null,
  followed_tube {{text}} not null,
  followed_at   bigint not null,
  retention     {{text}} not null,
  recorded_at   bigint not null
);
create index self_test_no on self_test (no, at);
create index self_test_open on self_test (result, followed_at, at);
create index self_test_area on self_test (area);
create index self_test_person on self_test (person);

-- +goose Up
-- Which run a statement came out of, 0 for one that came without; and the run whose voiding made it necessary.
alter table tube_result add column run bigint not null default 0;
alter table tube_result add column voids bigint not null default 0;
-- Hot: tubes at a laboratory without any result. A row goes with the first result of its tube.
create table lab_waiting (
  area_id bigint not null,
  tube    {{text}} not null,
  lab     bigint not null,
  at      bigint not null,
  primary key (area_id, tube, lab)
);
create index lab_waiting_oldest on lab_waiting (lab, at);
insert into lab_waiting (area_id, tube, lab, at)
  select s.area_id, s.tube, s.lab, s.at from tube_seen s where s.stage = 'received'
    and not exists (select 1 from tube_result r where r.area_id = s.area_id and r.tube = s.tube);
-- Test kits: how a result is called from cycles, and where that is written. rules is the JSON of targets and controls.
create table lab_kit (
  id          {{id}},
  name        text not null unique,
  maker       text not null,
  source      text not null,
  minutes     bigint not null,
  rules       text not null,
  recorded_at bigint not null
);
-- Instruments. state: idle, busy, down.
create table lab_tool (
  id          {{id}},
  lab         bigint not null,
  name        text not null,
  wells       bigint not null,
  minutes     bigint not null,
  state       {{text}} not null,
  why         text not null,
  since       bigint not null,
  recorded_at bigint not null,
  unique (lab, name)
);
-- Reagents: what came in and what counts corrected, in tests; what runs used is in lab_run.
create table lab_supply (
  id          {{id}},
  lab         bigint not null,
  kit         bigint not null,
  lot         text not null,
  tests       bigint not null,
  at          bigint not null,
  recorded_at bigint not null
);
create index lab_supply_lab on lab_supply (lab, kit);
-- Transport boxes. Temperatures are tenths of a degree Celsius, -10000 for none. handed_by and taken_by are the signatures.
create table lab_crate (
  id            {{id}},
  number        text not null,
  outbreak      bigint not null,
  area          {{text}} not null,
  lab           bigint not null,
  lab_area      {{text}} not null,
  collected_at  bigint not null,
  sent_at       bigint not null,
  due           bigint not null,
  sent          bigint not null,
  seal          text not null,
  sent_warm     bigint not null,
  handed_by     text not null,
  taken_at      bigint not null,
  taken         bigint not null,
  taken_seal    text not null,
  taken_warm    bigint not null,
  taken_by      text not null,
  recorded_by   {{text}} not null,
  taken_user    {{text}} not null,
  recorded_at   bigint not null,
  unique (number, sent_at)
);
create index lab_crate_lab on lab_crate (lab, taken_at, sent_at);
-- Which tubes were put into a transport box, and when they were booked in wherever they came to.
create table lab_crate_tube (
  area_id     bigint not null,
  tube        {{text}} not null,
  crate       bigint not null,
  due         bigint not null,
  received_at bigint not null,
  primary key (area_id, tube, crate)
);
create index lab_crate_tube_late on lab_crate_tube (received_at, due);
create index lab_crate_tube_crate on lab_crate_tube (crate);
-- Runs: one plate through one instrument. state: entered, failed (a control), released, voided. doubt_* is the proposal to void.
create table lab_run (
  id           {{id}},
  lab          bigint not null,
  area         {{text}} not null,
  tool         bigint not null,
  kit          bigint not null,
  lot          text not null,
  plate        text not null,
  layout       bigint not null,
  started_at   bigint not null,
  ended_at     bigint not null,
  state        {{text}} not null,
  failed       {{text}} not null,
  samples      bigint not null,
  wells        bigint not null,
  entered_by   bigint not null,
  entered_at   bigint not null,
  released_by  bigint not null,
  released_at  bigint not null,
  doubt        {{text}} not null,
  doubt_note   text not null,
  doubt_by     bigint not null,
  doubt_at     bigint not null,
  voided_by    bigint not null,
  voided_at    bigint not null,
  unique (lab, tool, started_at, plate)
);
create index lab_run_lab on lab_run (lab, started_at);
create index lab_run_plate on lab_run (lab, plate);
-- Wells of runs as they were read. cts is the JSON of cycles by target; human is the internal control in hundredths of a cycle, 0
-- for none; call is what the kit makes of it; step is what is done: report, repeat_run, repeat_extract, none.
create table lab_well (
  run     bigint not null,
  well    bigint not null,
  kind    {{text}} not null,
  area_id bigint not null,
  tube    {{text}} not null,
  cts     text not null,
  human   bigint not null,
  call    {{text}} not null,
  step    {{text}} not null,
  primary key (run, well)
);
create index lab_well_tube on lab_well (area_id, tube);
-- Tubes that are tested again before a result is reported. met_at is when a later run answered.
create table lab_repeat (
  area_id  bigint not null,
  tube     {{text}} not null,
  run      bigint not null,
  lab      bigint not null,
  step     {{text}} not null,
  asked_at bigint not null,
  met_at   bigint not null,
  primary key (area_id, tube, run)
);
create index lab_repeat_open on lab_repeat (lab, met_at, asked_at);
-- Things that cannot be as they are said. ukey makes finding the same thing twice harmless; figures is JSON.
create table lab_alarm (
  id          {{id}},
  ukey        {{text}} not null unique,
  what        {{text}} not null,
  lab         bigint not null,
  area        {{text}} not null,
  run         bigint not null,
  crate       bigint not null,
  tube        {{text}} not null,
  figures     text not null,
  at          bigint not null,
  verdict     {{text}} not null,
  note        text not null,
  settled_at  bigint not null,
  settled_by  {{text}} not null,
  recorded_at bigint not null
);
create index lab_alarm_open on lab_alarm (lab, settled_at, at);
create index lab_alarm_crate on lab_alarm (crate, what);
-- First results of a laboratory by the area that issued the serials and the hour they were recorded in.
create table lab_hour (
  lab      bigint not null,
  area_id  bigint not null,
  hour     bigint not null,
  tubes    bigint not null,
  positive bigint not null,
  primary key (lab, area_id, hour)
);
create index lab_hour_hour on lab_hour (hour);

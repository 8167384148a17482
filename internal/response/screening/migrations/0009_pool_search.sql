-- +goose Up
-- Positive pools of which every member has an own negative: what is searched for (a swap, a contamination, somebody missing), until
-- a person concludes it. how: empty while it is open, concluded, reopened (somebody is held after all), revised (by the laboratory).
create table pool_search (
  id          {{id}},
  area_id     bigint not null,
  tube        {{text}} not null,
  round       bigint not null,
  outbreak    bigint not null,
  area        {{text}} not null,
  opened_at   bigint not null,
  due         bigint not null,
  ended_at    bigint not null,
  how         {{text}} not null,
  finding     {{text}} not null,
  words       text not null,
  ended_by    {{text}} not null,
  retention   {{text}} not null,
  recorded_at bigint not null
);
create index pool_search_tube on pool_search (area_id, tube);
create index pool_search_open on pool_search (ended_at, opened_at);
create index pool_search_round on pool_search (round, ended_at);
-- What was done in a search, by whom, and what came out of it; the same step may be done again.
create table pool_search_step (
  id          {{id}},
  search      bigint not null,
  step        {{text}} not null,
  outcome     {{text}} not null,
  note        text not null,
  at          bigint not null,
  by_whom     {{text}} not null,
  recorded_at bigint not null
);
create index pool_search_step_of on pool_search_step (search, id);

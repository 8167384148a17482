-- +goose Up
-- Work with an owner, a reason and a deadline. (cause, what, subject) is unique: a consumer that runs twice opens it once.
create table task (
  id           {{id}},
  outbreak     bigint not null,
  area         {{text}} not null,
  what         {{text}} not null,
  subject_kind {{text}} not null,
  subject      {{text}} not null,
  role         {{text}} not null,
  taken_by     bigint not null,
  state        {{text}} not null,
  started_at   bigint not null,
  due          bigint not null,
  ended_at     bigint not null,
  cause        bigint not null,
  retention    {{text}} not null,
  recorded_at  bigint not null,
  unique (cause, what, subject_kind, subject)
);
create index task_open on task (state, area, due, id);
create index task_subject on task (subject_kind, subject, what);

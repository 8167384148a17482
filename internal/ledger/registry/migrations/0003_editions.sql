-- +goose Up
-- Changes of the rule book an outbreak runs under. state: planned, in_force (it was taken up at in_force_at), dropped.
-- The outbreak's own row holds the one in force.
create table outbreak_edition (
  id          {{id}},
  outbreak    bigint not null,
  was         {{text}} not null,
  protocol    {{text}} not null,
  edition     {{text}} not null,
  from_at     bigint not null,
  state       {{text}} not null,
  in_force_at bigint not null,
  reason      text not null,
  actor       {{text}} not null,
  recorded_at bigint not null
);
create index outbreak_edition_outbreak on outbreak_edition (outbreak, id);
create index outbreak_edition_state on outbreak_edition (state, from_at);

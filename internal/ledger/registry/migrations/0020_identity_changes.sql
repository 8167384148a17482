-- +goose Up
-- What became of an identity that a list said otherwise. state: corrected (it was written), waits (it disagrees with what was corrected
-- here, somebody decides), taken, kept. sealed holds what it was and what the list says, under the person's key.
create table identity_change (
  id         {{id}},
  person     bigint not null,
  area       {{text}} not null,
  source     text not null,
  fields     {{text}} not null,
  state      {{text}} not null,
  actor      {{text}} not null,
  at         bigint not null,
  decided_by {{text}} not null,
  decided_at bigint not null,
  sealed     {{blob}} not null
);
create index identity_change_person on identity_change (person, id);
create index identity_change_waits on identity_change (area, id) where state = 'waits';

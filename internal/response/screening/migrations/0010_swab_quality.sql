-- +goose Up
-- What laboratories found of the swabs of each sampling point and device (0: no device) in a round. tested: tubes with a result;
-- invalid: of them, those whose last result is invalid; wells of released runs, those without a human gene, and the sum of the
-- cycles of the others in hundredths.
create table swab_quality (
  round   bigint not null,
  booth   bigint not null,
  device  bigint not null,
  tested  bigint not null,
  invalid bigint not null,
  wells   bigint not null,
  none    bigint not null,
  cycles  bigint not null,
  primary key (round, booth, device)
);

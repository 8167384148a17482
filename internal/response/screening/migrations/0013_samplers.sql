-- +goose Up
-- People who take swabs, as far as their work is concerned. id counts up by one from 1001; a badge's number is id * 100 + badge, badge
-- counting the badges of one person: the last one is good, an older one was lost.
create table sampler (
  id          {{id}},
  outbreak    bigint not null,
  area        {{text}} not null,
  name        text not null,
  badge       bigint not null,
  made_by     {{text}} not null,
  recorded_at bigint not null,
  ended_at    bigint not null
);
create index sampler_area on sampler (area, id);
-- Who took swabs with a device, one row for each signing on or off, n counting them on the device. from_counter: the counter of the
-- last operation before it; whatever the device makes after that, until the next row, is the sampler's. sampler 0: nobody's. badge: the
-- number that was shown; proven: 0 when it carried no proof or was not good any more, so that the swabs are nobody's.
create table sampler_shift (
  device       bigint not null,
  n            bigint not null,
  from_counter bigint not null,
  sampler      bigint not null,
  badge        bigint not null,
  proven       bigint not null,
  booth        bigint not null,
  at           bigint not null,
  recorded_at  bigint not null,
  primary key (device, n)
);
create index sampler_shift_of on sampler_shift (sampler, at);
-- The figures of swabs, by who took them as well (0: nobody signed on).
alter table swab_quality rename to swab_quality_before;
create table swab_quality (
  round     bigint not null,
  booth     bigint not null,
  device    bigint not null,
  sampler   bigint not null,
  tested    bigint not null,
  invalid   bigint not null,
  wells     bigint not null,
  none      bigint not null,
  cycles    bigint not null,
  spread_of bigint not null,
  squares   bigint not null,
  primary key (round, booth, device, sampler)
);
insert into swab_quality (round, booth, device, sampler, tested, invalid, wells, none, cycles, spread_of, squares)
  select round, booth, device, 0, tested, invalid, wells, none, cycles, spread_of, squares from swab_quality_before;
drop table swab_quality_before;

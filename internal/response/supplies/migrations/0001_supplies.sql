-- +goose Up
-- Items a site added to those every house knows (items.json).
create table supply_item (
  code        {{text}} primary key,
  name        text not null,
  name_en     text not null,
  unit        text not null,
  unit_en     text not null,
  pack        bigint not null,
  kinds       text not null,
  source      text not null,
  recorded_at bigint not null
);
-- Where supplies lie. kind: booth, lab, depot; ref is the sampling point, the laboratory or the area. zone is the time zone whose
-- days use is summed by.
create table supply_store (
  id          {{id}},
  kind        {{text}} not null,
  ref         bigint not null,
  outbreak    bigint not null,
  area_id     bigint not null,
  area        {{text}} not null,
  name        text not null,
  zone        {{text}} not null,
  recorded_at bigint not null,
  unique (kind, ref)
);
-- What came in, left or was counted. quantity: more or fewer; of a count, how many there are. Of a count, booked is what the book
-- said, day its day in the store's zone and used what of that day's use was known then. other is the store it came from or went
-- to; expires is a date (YYYY-MM-DD) or empty. differs: 1 while a count that differs waits to be explained.
create table supply_move (
  id          {{id}},
  pair        bigint not null,
  store       bigint not null,
  item        {{text}} not null,
  how         {{text}} not null,
  quantity    bigint not null,
  other       bigint not null,
  lot         text not null,
  expires     {{text}} not null,
  note        text not null,
  at          bigint not null,
  recorded_at bigint not null,
  actor       {{text}} not null,
  batch       bigint not null,
  booked      bigint not null,
  day         bigint not null,
  used        bigint not null,
  differs     bigint not null,
  verdict     {{text}} not null,
  settled_by  {{text}} not null,
  settled_at  bigint not null
);
create index supply_move_store on supply_move (store, item, at, id);
create index supply_move_differs on supply_move (differs, recorded_at);
create index supply_move_how on supply_move (how, at);
-- What was used up, per day (days since 1970 in the store's zone).
create table supply_use (
  store bigint not null,
  item  {{text}} not null,
  day   bigint not null,
  n     bigint not null,
  primary key (store, item, day)
);
create index supply_use_day on supply_use (day);
-- How each item of a store stands. known: 1 once something came in or was counted; a store that only uses says nothing of its stock.
-- counted_day: of the last count, 0 before one. low_since: since when it has been too little, 0 while it is enough.
create table supply_stock (
  store       bigint not null,
  item        {{text}} not null,
  balance     bigint not null,
  known       bigint not null,
  counted_at  bigint not null,
  counted_day bigint not null,
  low_since   bigint not null,
  primary key (store, item)
);
create index supply_stock_low on supply_stock (low_since);

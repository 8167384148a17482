-- +goose Up
-- What open extra fields of cases said before a file said otherwise; '' where nothing was said. The lists known at an instant are made with it.
create table case_extra_change (
  case_id bigint not null,
  field   {{text}} not null,
  at      bigint not null,
  was     text not null,
  primary key (case_id, field, at)
);
create index case_extra_change_at on case_extra_change (at);

-- +goose Up
-- How lists are read: kept under the digest of their headers, shared by name within the site. plan is JSON.
create table list_plan (
  kind        {{text}} not null,
  name        {{text}} not null,
  digest      {{text}} not null,
  plan        text not null,
  owner       {{text}} not null,
  recorded_at bigint not null,
  primary key (kind, name)
);
create index list_plan_digest on list_plan (kind, digest, recorded_at);

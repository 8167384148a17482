-- +goose Up
-- Keyed digests of what two records of one person have in common, of everybody who came outside the roll or became a case. A digest
-- that too many share is not filed further.
create table link_key (
  digest bigint not null,
  person bigint not null,
  primary key (digest, person)
) {{by_key}};
-- Who is filed, in the order of filing. tokens are eight bytes each: the digests of link_key, and those by which people are compared
-- who come at the same time. Null: the identity was destroyed.
create table link_filed (
  seq    {{id}},
  person bigint not null,
  tokens {{blob}}
);
create unique index link_filed_person on link_filed (person);
-- Keys that so many share that nobody is compared because of them.
create table link_crowd (
  digest  {{id}},
  kind    {{text}} not null,
  people  bigint not null,
  told_at bigint not null
);
-- What was learnt from the house's own people: weights, no names.
create table link_model (
  id        {{id}},
  learnt_at bigint not null,
  records   bigint not null,
  pairs     bigint not null,
  model     text not null
);
-- Up to which entry of the journal rolls that were loaded have been compared with those who are filed.
create table link_state (
  id     {{id}},
  looked bigint not null
);
-- Two codes that may be one person, or of one household. one is the older. weight is in thousandths of a bit, chance in millionths;
-- evidence says how each field agrees, and no name. state: waiting, merged, apart, joined. model 0: the shipped one.
create table duplicate (
  id         {{id}},
  one        bigint not null,
  other      bigint not null,
  area_one   {{text}} not null,
  area_other {{text}} not null,
  kind       {{text}} not null,
  state      {{text}} not null,
  weight     bigint not null,
  chance     bigint not null,
  sure       bigint not null,
  model      bigint not null,
  moved      bigint not null,
  was        bigint not null,
  found_at   bigint not null,
  decided_at bigint not null,
  evidence   text not null
);
create unique index duplicate_pair on duplicate (one, other);
create index duplicate_other on duplicate (other);
create index duplicate_queue on duplicate (state, kind, weight, id, area_one, area_other);
create index duplicate_oldest on duplicate (state, kind, found_at);
create index person_apart_other on person_apart (other);
-- Whose word leads in a field when codes are one person, by the decision that made them one.
create table person_choice (
  merge  bigint not null,
  field  {{text}} not null,
  person bigint not null,
  primary key (merge, field)
);

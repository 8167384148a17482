-- +goose Up
-- Keyed digests of the addresses of people who are filed by keys, with their areas: who lives behind one door is proposed as one household.
create table person_home (
  token  bigint not null,
  person bigint not null,
  primary key (token, person)
) {{by_key}};
create index person_home_person on person_home (person);

-- +goose Up
-- What a roll costs is its entries in indexes that lie by chance. Here each person has two of those, uhead and phone_key, eight
-- bytes each; the digests of names lie packed by area. uhead is the first half of ukey as a number, 0: not looked for by it.
create table hex_byte (
  h {{text}} primary key,
  n bigint not null
);
insert into hex_byte (h, n) with recursive k(n) as (select 0 union all select n + 1 from k where n < 255)
  select substr('0123456789abcdef', n / 16 + 1, 1) || substr('0123456789abcdef', n % 16 + 1, 1), n from k;
-- phone_key is a keyed digest of the telephone, 0: none was given. document_key is the ukey somebody would have who is known
-- by the document, for people who gave one and are not; empty for all others.
create table person_made_anew (
  id            {{id}},
  no            bigint not null,
  on_roll       bigint not null,
  area_id       bigint not null,
  area          {{text}} not null,
  household     bigint not null,
  sex           {{text}} not null,
  birth_year    bigint not null,
  first_code    bigint not null default 0,
  uhead         bigint not null,
  phone_key     bigint not null,
  named_by      bigint not null,
  index_by      bigint not null,
  wrapped_by    bigint not null,
  registered_at bigint not null,
  recorded_at   bigint not null,
  retention     {{text}} not null,
  ukey          {{text}} not null,
  document_key  {{text}} not null default '',
  wrapped       {{blob}},
  sealed        {{blob}}
);
-- named_by 0: names, and documents of those who are not known by them, are filed anew out of the boxes, by the program.
insert into person_made_anew (id, no, on_roll, area_id, area, household, sex, birth_year, first_code, uhead, phone_key, named_by, index_by,
    wrapped_by, registered_at, recorded_at, retention, ukey, wrapped, sealed)
  select id, no, on_roll, area_id, area, household, sex, birth_year, first_code,
    case when length(ukey) = 32 then coalesce(
      (select case when n > 127 then n - 256 else n end from hex_byte where h = substr(ukey, 1, 2)) * 72057594037927936
      + (select n from hex_byte where h = substr(ukey, 3, 2)) * 281474976710656
      + (select n from hex_byte where h = substr(ukey, 5, 2)) * 1099511627776
      + (select n from hex_byte where h = substr(ukey, 7, 2)) * 4294967296
      + (select n from hex_byte where h = substr(ukey, 9, 2)) * 16777216
      + (select n from hex_byte where h = substr(ukey, 11, 2)) * 65536
      + (select n from hex_byte where h = substr(ukey, 13, 2)) * 256
      + (select n from hex_byte where h = substr(ukey, 15, 2)), 0) else 0 end,
    coalesce((select max(t.token) from identity_token t where t.person = person.id and t.kind = 'phone'), 0), 0, index_by,
    wrapped_by, registered_at, recorded_at, retention, ukey, wrapped, sealed
  from person;
drop table person;
alter table person_made_anew rename to person;
create unique index person_no on person (no);
create index person_known on person (uhead) where uhead <> 0;
create index person_phone on person (phone_key) where phone_key <> 0;
create index person_document on person (document_key) where document_key <> '';
create index person_area on person (area, id);
create index person_unnamed on person (id) where named_by = 0;
create index person_first_code on person (first_code, id) where first_code <> 0;
create table household_made_anew (
  id       {{id}},
  area_id  bigint not null,
  area     {{text}} not null,
  building text not null,
  door     text not null,
  uhead    bigint not null,
  ukey     {{text}} not null,
  index_by bigint not null
);
insert into household_made_anew (id, area_id, area, building, door, uhead, ukey, index_by)
  select id, area_id, area, building, door,
    case when length(ukey) = 32 then coalesce(
      (select case when n > 127 then n - 256 else n end from hex_byte where h = substr(ukey, 1, 2)) * 72057594037927936
      + (select n from hex_byte where h = substr(ukey, 3, 2)) * 281474976710656
      + (select n from hex_byte where h = substr(ukey, 5, 2)) * 1099511627776
      + (select n from hex_byte where h = substr(ukey, 7, 2)) * 4294967296
      + (select n from hex_byte where h = substr(ukey, 9, 2)) * 16777216
      + (select n from hex_byte where h = substr(ukey, 11, 2)) * 65536
      + (select n from hex_byte where h = substr(ukey, 13, 2)) * 256
      + (select n from hex_byte where h = substr(ukey, 15, 2)), 0) else 0 end,
    ukey, index_by
  from household;
drop table household;
alter table household_made_anew rename to household;
create index household_known on household (uhead);
drop table hex_byte;
-- Keyed digests of names, of their readings and of pairs of their characters, packed: 32 bits of the digest and the number of the
-- person, by area, in 2 to the power of bits portions by the first bits of the digest. id is the area's and the portion's.
create table name_area (
  area_id {{id}},
  bits    bigint not null,
  entries bigint not null
);
create table name_entry (
  id      {{id}},
  entries {{blob}} not null
);
drop table name_token;
drop table identity_token;

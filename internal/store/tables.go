package store

import (
	"fmt"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

// schemaPrefix begins the names of the tables in which the version of each owner's schema is kept.
const schemaPrefix = "schema_"

// tableNames lists all tables there are.
func tableNames(tx *Tx) ([]string, error) {
	q := "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"
	if tx.db.engine == PostgreSQL {
		q = `select table_name::text from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE' order by table_name::text collate "C"`
	}
	return List(tx, Value[string], q)
}

// ownTables lists the tables that hold the house's rows; one whose rows others refer to comes before those.
func ownTables(tx *Tx) ([]string, error) {
	all, err := tableNames(tx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t string) bool { return strings.HasPrefix(t, schemaPrefix) })
	q := `select m.name, f."table" from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table'`
	if tx.db.engine == PostgreSQL {
		q = "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace"
	}
	needs := map[string][]string{}
	if err := Each(tx, func(r Row) error {
		var from, to string
		err := r.Scan(&from, &to)
		needs[from] = append(needs[from], to)
		return err
	}, q); err != nil {
		return nil, err
	}
	var ordered []string
	for len(all) > 0 {
		rest := slices.DeleteFunc(slices.Clone(all), func(t string) bool {
			return !slices.ContainsFunc(needs[t], func(n string) bool { return n != t && slices.Contains(all, n) })
		})
		if len(rest) == len(all) {
			return nil, fmt.Errorf("tables %v refer to each other in a circle", all)
		}
		for _, t := range all {
			if !slices.Contains(rest, t) {
				ordered = append(ordered, t)
			}
		}
		all = rest
	}
	return ordered, nil
}

// schemas gives the version of each owner's schema.
func schemas(tx *Tx) (map[string]int64, error) {
	all, err := tableNames(tx)
	if err != nil {
		return nil, err
	}
	versions := map[string]int64{}
	for _, t := range all {
		if owner, is := strings.CutPrefix(t, schemaPrefix); is {
			if versions[owner], err = Count(tx, "select max(version_id) from "+t); err != nil {
				return nil, err
			}
		}
	}
	return versions, nil
}

// dropEmpty takes every table away, when none of them holds a row.
func dropEmpty(tx *Tx) error {
	own, err := ownTables(tx)
	if err != nil {
		return err
	}
	for _, t := range own {
		n, err := Count(tx, "select count(*) from (select 1 from "+t+" limit 1) x")
		if err != nil {
			return err
		}
		if n > 0 {
			return outbreak.Refuse(outbreak.Conflict, "store.not_empty")
		}
	}
	slices.Reverse(own) // a table that others refer to goes last
	all, err := tableNames(tx)
	if err != nil {
		return err
	}
	for _, t := range all {
		if strings.HasPrefix(t, schemaPrefix) {
			own = append(own, t)
		}
	}
	for _, t := range own {
		if _, err := tx.Exec("drop table " + t); err != nil {
			return err
		}
	}
	return nil
}

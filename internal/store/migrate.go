package store

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"breakwater/internal/outbreak"
)

// Migrations are one owner's forward-only schema steps: files NNNN_name.sql at the root of FS.
type Migrations struct {
	Owner string
	FS    fs.FS
}

//go:embed migrations/*.sql
var own embed.FS

// Migrate brings the schema of every owner up to date, in the order given, after the seam's own.
func (db *DB) Migrate(ctx context.Context, owners ...Migrations) error {
	if fresh, err := db.isUpToDate(ctx, owners); fresh || err != nil {
		return err
	}
	return db.migrateTo(ctx, nil, owners)
}

// isUpToDate tells, with one look, that every owner's schema is at the last step this program knows: at almost every start it is,
// and a start after a crash has no time to lose. Whatever else it finds, migrateTo looks at properly.
func (db *DB) isUpToDate(ctx context.Context, owners []Migrations) (is bool, err error) {
	want := make([]int64, 0, len(owners)+1)
	columns := make([]string, 0, cap(want))
	there := make([]string, 0, cap(want))
	for _, o := range append([]Migrations{{Owner: "store", FS: own}}, owners...) {
		files, err := fs.Glob(o.FS, "migrations/*.sql")
		if err != nil || len(files) == 0 {
			return false, err
		}
		last, err := goose.NumericComponent(path.Base(files[len(files)-1]))
		if err != nil {
			return false, fmt.Errorf("reading the migrations of %s: %w", o.Owner, err)
		}
		want = append(want, last)
		columns = append(columns, "(select coalesce(max(version_id), 0) from schema_"+o.Owner+")")
		there = append(there, "'schema_"+o.Owner+"'")
	}
	tables := "sqlite_master where type = 'table' and name"
	if db.engine == PostgreSQL {
		tables = "pg_tables where schemaname = current_schema() and tablename"
	}
	err = db.Read(ctx, func(tx *Tx) error {
		n, err := Count(tx, "select count(*) from "+tables+" in ("+strings.Join(there, ", ")+")")
		if err != nil || int(n) != len(want) {
			return err
		}
		found := make([]int64, len(want))
		into := make([]any, len(want))
		for i := range found {
			into[i] = &found[i]
		}
		err = Each(tx, func(r Row) error { return r.Scan(into...) }, "select "+strings.Join(columns, ", "))
		is = slices.Equal(found, want)
		return err
	})
	return is, err
}

// migrateTo brings the schema of every owner to the version named, and of an owner who is not named to nothing; with nil up to
// date. A version that this program does not know is refused.
func (db *DB) migrateTo(ctx context.Context, versions map[string]int64, owners []Migrations) error {
	if db.engine == SQLite { // a connection for all steps
		db.write.SetMaxIdleConns(1)
		defer db.write.SetMaxIdleConns(0)
	}
	known := map[string]bool{}
	var alone []goose.ProviderOption
	if db.engine == PostgreSQL { // of servers that start at once one takes the steps
		turn, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
		if err != nil {
			return fmt.Errorf("taking turns at the schema: %w", err)
		}
		alone = append(alone, goose.WithSessionLocker(turn))
	}
	dialect := goose.DialectSQLite3
	if db.engine == PostgreSQL {
		dialect = goose.DialectPostgres
	}
	for _, o := range append([]Migrations{{Owner: "store", FS: own}}, owners...) {
		sub, err := fs.Sub(o.FS, "migrations")
		if err != nil {
			return fmt.Errorf("finding the migrations of %s: %w", o.Owner, err)
		}
		p, err := goose.NewProvider(dialect, db.write, dialectFS{sub, db.words()},
			append(alone, goose.WithTableName("schema_"+o.Owner), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))...)
		if err != nil {
			return fmt.Errorf("reading the migrations of %s: %w", o.Owner, err)
		}
		known[o.Owner] = true
		if versions == nil {
			err = upToDate(ctx, p, o.Owner)
		} else if to := versions[o.Owner]; to > 0 {
			if steps := p.ListSources(); steps[len(steps)-1].Version < to {
				return outbreak.Refuse(outbreak.Invalid, "store.dump_newer")
			}
			_, err = p.UpTo(ctx, to)
		}
		if err != nil {
			return fmt.Errorf("migrating %s: %w", o.Owner, err)
		}
	}
	for owner := range versions {
		if !known[owner] {
			return outbreak.Refuse(outbreak.Invalid, "store.dump_newer")
		}
	}
	return nil
}

// upToDate takes the steps that are missing. A schema that is ahead of this program is refused: a program that does not know
// a column fills it wrongly without noticing.
func upToDate(ctx context.Context, p *goose.Provider, owner string) error {
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	is, err := p.GetDBVersion(ctx)
	if steps := p.ListSources(); err == nil && is > steps[len(steps)-1].Version {
		return outbreak.Refuse(outbreak.Conflict, "store.schema_newer", "owner", owner)
	}
	return err
}

func (db *DB) words() *strings.Replacer {
	if db.engine == PostgreSQL {
		return strings.NewReplacer("{{id}}", "bigint primary key", "{{blob}}", "bytea", "{{small}}", "smallint", "{{text}}", `text collate "C"`, "{{by_key}}", "")
	}
	return strings.NewReplacer("{{id}}", "integer primary key", "{{blob}}", "blob", "{{small}}", "integer", "{{text}}", "text", "{{by_key}}", "without rowid")
}

// dialectFS gives migration files with the engine's own words in them.
type dialectFS struct {
	fs.FS
	words *strings.Replacer
}

func (d dialectFS) Open(name string) (fs.File, error) {
	f, err := d.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return wordFile{bytes.NewReader([]byte(d.words.Replace(string(text)))), info}, nil
}

type wordFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f wordFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f wordFile) Close() error               { return nil }

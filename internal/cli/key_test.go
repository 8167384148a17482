package cli_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	_ "github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/text/encoding/simplifiedchinese"

	"breakwater/internal/app"
	"breakwater/internal/cli"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// resident is somebody planted in a site, with everything by which one could be recognised.
type resident struct{ name, kind, document, phone, address string }

func residents() (list []resident) {
	surnames, given := []rune("欧阳司徒上官诸葛"), []rune("璟瑄翊珩昕玥")
	for n := range 40 {
		r := resident{name: string([]rune{surnames[n%8], given[n%6], given[n/7]}), kind: "other", document: fmt.Sprintf("ZQ%08dX", 71000000+n*7919),
			phone: fmt.Sprint(13600000000 + n*104729), address: fmt.Sprintf("临江门外滨河路%d弄", 7100+n)}
		list = append(list, r)
	}
	return list
}

// place is a site on one of the engines: a folder with the key file, and the flags that name both.
type place struct {
	t     *testing.T
	dir   string
	key   string
	db    string // of PostgreSQL; empty: the embedded database
	flags []string
}

func places(t *testing.T, do func(t *testing.T, p place)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		do(t, place{t: t, dir: dir, key: filepath.Join(dir, "site.key"), flags: []string{"--data", filepath.Join(dir, "site")}})
	})
	t.Run("postgres", func(t *testing.T) {
		dir, db := t.TempDir(), testkit.PostgreSQL(t)
		key := filepath.Join(dir, "site.key")
		do(t, place{t: t, dir: dir, key: key, db: db, flags: []string{"--db", db, "--key", key}})
	})
}

// try runs a command and gives its exit status and what it printed.
func try(args ...string) (code int, out, said string) {
	var o, e bytes.Buffer
	code = cli.Main(context.Background(), append([]string{"--lang", "en"}, args...), cli.Streams{In: strings.NewReader(""), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

// run runs a command of the site that has to succeed; words are before its flags.
func (p place) run(words ...string) string {
	p.t.Helper()
	code, out, said := try(append(words, p.flags...)...)
	if code != 0 {
		p.t.Fatalf("breakwater %s: exit status %d\n%s%s", strings.Join(words, " "), code, out, said)
	}
	return out
}

// populate loads the residents through files, as a site does.
func (p place) populate(list []resident) {
	p.t.Helper()
	var roster strings.Builder
	roster.WriteString("area,name,document_kind,document,phone,address,building,door\n")
	for n, r := range list {
		fmt.Fprintf(&roster, "22,%s,%s,%s,%s,%s,3,%d\n", r.name, r.kind, r.document, r.phone, r.address, n/2)
	}
	for name, text := range map[string]string{"areas.csv": "code,name\n22,province\n", "roster.csv": roster.String()} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	p.run("import", "areas", filepath.Join(p.dir, "areas.csv"))
	out := p.run("import", "roster", filepath.Join(p.dir, "roster.csv"), "--json")
	var report struct{ Accepted int }
	if err := json.Unmarshal([]byte(out), &report); err != nil || report.Accepted != len(list) {
		p.t.Fatal(out, err)
	}
	for _, name := range []string{"areas.csv", "roster.csv"} {
		if err := os.Remove(filepath.Join(p.dir, name)); err != nil {
			p.t.Fatal(err)
		}
	}
}

// open opens the site as a server does.
func (p place) open() (*app.App, error) {
	c := app.Config{DB: p.db, Key: p.key}
	if p.db == "" {
		c.Data = p.flags[1]
	}
	return app.New(context.Background(), c)
}

// name finds a resident by document and opens the identity.
func (p place) name(r resident) (registry.Person, registry.Identity, error) {
	p.t.Helper()
	a, err := p.open()
	if err != nil {
		return registry.Person{}, registry.Identity{}, err
	}
	defer a.Stop(context.Background()) //nolint:errcheck // nothing runs
	by := outbreak.Actor{System: "console", Purpose: outbreak.PurposeAudit}
	who, err := a.House.Registry.FindPerson(context.Background(), by, r.kind, r.document)
	if err != nil {
		return who, registry.Identity{}, err
	}
	i, err := a.House.Registry.ReadIdentity(context.Background(), by, who.ID, "")
	return who, i, err
}

// backUp copies the database in the way of docs/operate/backup.md, and gives what brings the copy back in the place of it.
func (p place) backUp() (restored func() place) {
	p.t.Helper()
	if p.db == "" {
		copied := filepath.Join(p.dir, "copy.db")
		tool(p.t, "sqlite3", filepath.Join(p.flags[1], "breakwater.db"), ".backup "+copied)
		return func() place {
			q := p
			q.flags = []string{"--data", filepath.Join(p.dir, "restored"), "--key", p.key}
			if err := os.Mkdir(q.flags[1], 0o700); err != nil {
				p.t.Fatal(err)
			}
			if err := os.Rename(copied, filepath.Join(q.flags[1], "breakwater.db")); err != nil {
				p.t.Fatal(err)
			}
			return q
		}
	}
	copied := filepath.Join(p.dir, "copy.dump")
	tool(p.t, "pg_dump", "-Fc", "-f", copied, p.db)
	return func() place {
		q := p
		q.db = testkit.PostgreSQL(p.t)
		q.flags = []string{"--db", q.db, "--key", p.key}
		tool(p.t, "pg_restore", "--no-owner", "--exit-on-error", "-d", q.db, copied)
		return q
	}
}

// backUpSealed is the same with the program's own backup.
func (p place) backUpSealed() (restored func() place) {
	p.t.Helper()
	identity, file := filepath.Join(p.dir, "backups.identity"), filepath.Join(p.dir, "site.backup.age")
	code, recipient, said := try("backup-key", identity)
	if code != 0 {
		p.t.Fatal(said)
	}
	p.run("backup", file, "--to", strings.TrimSpace(recipient))
	return func() place {
		q := p
		if q.flags = []string{"--data", filepath.Join(p.dir, "restored"), "--key", p.key}; p.db != "" {
			q.db = testkit.PostgreSQL(p.t)
			q.flags = []string{"--db", q.db, "--key", p.key}
		}
		q.run("restore", file, "--identity", identity)
		return q
	}
}

// tool runs a program of the database, or skips the test where it is not installed.
func tool(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	file, err := exec.LookPath(name)
	if beside := filepath.Join(testkit.PGBin(), name); err != nil || strings.HasPrefix(name, "pg_") {
		if _, there := os.Stat(beside); there == nil {
			file, err = beside, nil
		}
	}
	if err != nil {
		if os.Getenv("BREAKWATER_REQUIRE_PG") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed: the drill did not run", name)
	}
	out, err := exec.Command(file, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out
}

// TestALostKeyFileComesBackFromItsShares is the drill: a site with people, a rotation, a backup, the key file lost, three of
// five sheets typed in, and a name is read from the restored backup. Two sheets are not enough.
func TestALostKeyFileComesBackFromItsShares(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		list := residents()
		p.populate(list)
		p.run("key", "rotate")
		sheets := filepath.Join(p.dir, "sheets")
		p.run("key", "split", "--shares", "5", "--need", "3", "--out", sheets)
		restore := p.backUp()
		if err := os.Remove(p.key); err != nil {
			t.Fatal(err)
		}
		q := restore()
		sheet := func(n int) string { return filepath.Join(sheets, fmt.Sprintf("share-%d.txt", n)) }
		code, _, said := try("key", "join", sheet(5), sheet(2), "--out", p.key)
		if code != 1 || !strings.Contains(said, "2 shares were given; this copy needs 3") {
			t.Errorf("two shares: %d %s", code, said)
		}
		if _, err := os.Stat(p.key); err == nil {
			t.Fatal("two shares made a key file")
		}
		text, err := os.ReadFile(sheet(4)) // typed by hand, in small letters
		if err == nil {
			err = os.WriteFile(sheet(4), []byte(strings.ToLower(string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		if code, _, said = try("key", "join", sheet(5), sheet(2), sheet(4), "--out", p.key); code != 0 {
			t.Fatal(said)
		}
		if _, i, err := q.name(list[17]); err != nil || i.Name != list[17].name || i.Phone != list[17].phone {
			t.Errorf("%+v %v", i, err)
		}
		q.run("key", "check")
		q.run("journal", "verify")
	})
}

// TestAStartWithoutTheRightKeyIsRefused starts a site whose key file is not there, and one with the file of another site.
func TestAStartWithoutTheRightKeyIsRefused(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		p.populate(residents()[:2])
		if err := os.Rename(p.key, p.key+".away"); err != nil {
			t.Fatal(err)
		}
		code, _, said := try(append([]string{"key", "status"}, p.flags...)...)
		if _, err := os.Stat(p.key); code != 1 || !strings.Contains(said, "key join SHARE") || err == nil {
			t.Errorf("%d %s %v", code, said, err)
		}
		if _, err := registry.OpenKeyFile(p.key); err != nil { // makes another
			t.Fatal(err)
		}
		if code, _, said = try(append([]string{"key", "status"}, p.flags...)...); code != 1 || !strings.Contains(said, "does not belong to this database") {
			t.Errorf("%d %s", code, said)
		}
	})
}

// TestARestoredBackupBringsNobodyBack erases somebody after the backup; the restored site has erased him before it opens.
func TestARestoredBackupBringsNobodyBack(t *testing.T) {
	t.Run("tools", func(t *testing.T) { places(t, func(t *testing.T, p place) { bringsNobodyBack(t, p, p.backUp) }) })
	t.Run("own", func(t *testing.T) { places(t, func(t *testing.T, p place) { bringsNobodyBack(t, p, p.backUpSealed) }) })
}

func bringsNobodyBack(t *testing.T, p place, backUp func() func() place) {
	t.Helper()
	list := residents()[:6]
	p.populate(list)
	who, _, err := p.name(list[3])
	if err != nil {
		t.Fatal(err)
	}
	restore := backUp()
	file := filepath.Join(p.dir, "receipt.json")
	p.run("person", "erase", who.ID.String(), "--reason", "asked", "--basis", "PIPL 47", "--json", "--out", file)
	if code, _, said := try(append([]string{"person", "receipt", "--verify", file}, p.flags...)...); code != 0 || !strings.Contains(said, "This receipt is true") {
		t.Errorf("%d %s", code, said)
	}
	q := restore()
	if _, _, err := q.name(list[3]); outbreak.KindOf(err) != outbreak.NotFound {
		t.Errorf("the backup brought somebody back: %v", err)
	}
	if _, i, err := q.name(list[2]); err != nil || i.Name != list[2].name {
		t.Errorf("somebody else went with him: %v", err)
	}
	if out := q.run("person", "receipt", who.ID.String()); !strings.Contains(out, "basis: PIPL 47") {
		t.Error(out)
	}
	changed, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(changed, []byte("PIPL 47"), []byte("PIPL 48"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, _, _ := try(append([]string{"person", "receipt", "--verify", file}, p.flags...)...); code != 1 {
		t.Error("a changed receipt is true")
	}
	if text, err := os.ReadFile(filepath.Join(p.dir, "site.erased")); err != nil || bytes.Contains(text, []byte(list[3].name)) {
		t.Errorf("%s %v", text, err)
	}
	if out := q.run("key", "status", "--json"); !strings.Contains(out, `"erased":1,"listed":1`) {
		t.Error(out)
	}
}

// TestASignedHeadIsKeptAndCompared signs, cuts the journal's tail, and finds it by the kept line.
func TestASignedHeadIsKeptAndCompared(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		p.populate(residents()[:3])
		line := p.run("journal", "head")
		kept := filepath.Join(p.dir, "site.heads")
		if text, err := os.ReadFile(kept); err != nil || string(text) != line {
			t.Fatalf("%q was printed, %q kept: %v", line, text, err)
		}
		p.run("journal", "verify", "--head", kept)
		a, err := p.open()
		if err != nil {
			t.Fatal(err)
		}
		err = a.House.DB.Write(context.Background(), func(tx *store.Tx) error {
			last, err := store.Count(tx, "select max(seq) from journal")
			if err == nil {
				_, err = tx.Exec("delete from journal where seq = $1", last)
			}
			if err == nil {
				_, err = tx.Exec("update journal_head set seq = seq - 1, hash = (select hash from journal where seq = $1)", last-1)
			}
			return err
		})
		if err := errors.Join(err, a.Stop(context.Background())); err != nil {
			t.Fatal(err)
		}
		p.run("journal", "verify") // the chain alone finds nothing
		code, out, _ := try(append([]string{"journal", "verify", "--head", kept}, p.flags...)...)
		if code != 1 || !strings.Contains(out, "tail_cut") {
			t.Errorf("%d %s", code, out)
		}
	})
}

// TestHeadsOutliveTheKeyThatSignedThem replaces the signing key while a server has the key file open, and compares lines of
// both keys; lines of another site's key and one that is signed by the old key after its end say nothing.
func TestHeadsOutliveTheKeyThatSignedThem(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		p.populate(residents()[:3])
		server, err := p.open()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Stop(context.Background()) //nolint:errcheck // nothing runs
		old := p.run("journal", "head")
		var turn app.SignerRotation
		if err := json.Unmarshal([]byte(p.run("key", "rotate", "--sign", "--json")), &turn); err != nil || turn.Key != 2 {
			t.Fatal(turn, err)
		}
		late, err := server.SignHead(context.Background(), outbreak.WallClock{}.Now())
		if err != nil || late.Signer != turn.Signer {
			t.Errorf("a server that runs signs with a key that was replaced: %v %v", late, err)
		}
		kept := filepath.Join(p.dir, "site.heads")
		text, err := os.ReadFile(kept)
		if want := old + turn.Last + "\n" + turn.First + "\n" + late.String() + "\n"; err != nil || string(text) != want {
			t.Errorf("%s is kept instead of %s: %v", text, want, err)
		}
		p.run("journal", "verify", "--head", kept)
		if err := os.WriteFile(kept, append(text, old[:len(old)*9/10]...), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, said := try(append([]string{"journal", "verify", "--head", kept}, p.flags...)...)
		if code != 0 || !strings.Contains(said, "Line 5 of "+kept+" is torn") {
			t.Errorf("%d %s %s", code, out, said)
		}
		if out := p.run("key", "status"); !strings.Contains(out, turn.Before) || !strings.Contains(out, turn.Signer) {
			t.Error(out)
		}
	})
}

var hexed = regexp.MustCompile(`(?i)(?:'\\x|\bx')([0-9a-f]*)'`)

// unhexed gives the bytes of columns that a copy writes in hexadecimal digits: in the digits of a sealed box there are telephones by
// chance, and a name in it would not be found.
func unhexed(dump []byte) []byte {
	return hexed.ReplaceAllFunc(dump, func(digits []byte) []byte {
		plain, err := hex.DecodeString(string(hexed.FindSubmatch(digits)[1]))
		if err != nil {
			return digits
		}
		return append(plain, '\'')
	})
}

// TestAStolenDatabaseShowsNoName takes everything a thief of the data takes while the site runs: the folder with its write-ahead
// log, a copy of every table, and with PostgreSQL the files of the server with its log; and looks for every name, document, phone
// and address, as UTF-8, GB 18030 and UTF-16. The same search finds a name that is put there afterwards.
func TestAStolenDatabaseShowsNoName(t *testing.T) {
	places(t, func(t *testing.T, p place) {
		list := residents()
		p.populate(list)
		who, _, err := p.name(list[5])
		if err != nil {
			t.Fatal(err)
		}
		a, err := p.open()
		if err != nil {
			t.Fatal(err)
		}
		defer a.Stop(context.Background()) //nolint:errcheck // nothing runs
		p.run("person", "erase", who.ID.String(), "--reason", "asked", "--basis", "PIPL 47")
		p.run("key", "rotate")
		p.run("key", "rotate", "--index")
		if found, files := p.loot(needles(list[:12])); len(found) > 0 || files == 0 {
			t.Errorf("in %d files: %s", files, strings.Join(found, "\n"))
		}
		if err := a.House.DB.Write(context.Background(), func(tx *store.Tx) error {
			return tx.Must("update area set name = $1 where code = '22'", list[9].name)
		}); err != nil {
			t.Fatal(err)
		}
		if found, _ := p.loot(needles(list[:12])); len(found) < 2 {
			t.Errorf("a name that is there is not found in the tables and in the log: %q", found)
		}
	})
}

// loot looks through the files of the database and a copy of its tables.
func (p place) loot(known []needle) (found []string, files int) {
	p.t.Helper()
	dump, folder := []byte(nil), p.flags[1]
	if p.db == "" {
		dump = tool(p.t, "sqlite3", filepath.Join(folder, "breakwater.db"), ".dump")
	} else {
		dump = tool(p.t, "pg_dump", "--inserts", p.db)
		folder = serverFolder(p.t, p.db)
	}
	look := func(where string, text []byte) {
		for _, n := range known {
			if bytes.Contains(text, n.bytes) {
				found = append(found, where+" holds "+n.what)
			}
		}
	}
	look("the copy of the tables", unhexed(dump))
	_ = filepath.WalkDir(folder, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if text, err := os.ReadFile(name); err == nil { // the server takes files away while one looks
				files++
				look(name, text)
			}
		}
		return nil
	})
	return found, files
}

// needle is one way a piece of personal data may be written.
type needle struct {
	what  string
	bytes []byte
}

func needles(list []resident) (all []needle) {
	for _, r := range list {
		for _, value := range []string{r.name, r.document, r.phone, r.address} {
			all = append(all, needle{value + " as UTF-8", []byte(value)})
			if gb, err := simplifiedchinese.GB18030.NewEncoder().String(value); err == nil && gb != value {
				all = append(all, needle{value + " as GB 18030", []byte(gb)})
			}
			var little, big []byte
			for _, u := range utf16.Encode([]rune(value)) {
				little, big = append(little, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
			}
			all = append(all, needle{value + " as UTF-16LE", little}, needle{value + " as UTF-16BE", big})
		}
	}
	return all
}

// serverFolder is where the server keeps its files, with everything written out.
func serverFolder(t *testing.T, where string) string {
	t.Helper()
	db, err := sql.Open("pgx", where)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("checkpoint"); err != nil {
		t.Fatal(err)
	}
	var dir string
	if err := db.QueryRow("show data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

package app

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"breakwater/internal/ledger/journal"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// Backups says how a site backs itself up while it runs.
type Backups struct {
	Dir   string          // empty: not at all
	To    []age.Recipient // who can open them
	Every time.Duration   // 0: a day
	Keep  int             // how many of its own are kept; 0: 14
}

// Backup is one backup that was made.
type Backup struct {
	File   string `json:"file"`
	Rows   int64  `json:"rows"`
	Bytes  int64  `json:"bytes"`
	Digest string `json:"sha256"` // of the file
	Head   int64  `json:"head"`   // the journal's last entry in it
}

// BackUp writes the whole database, as of one moment, into an encrypted file that only the recipients can open. The site goes
// on meanwhile. The master key is not in it. The file appears under its name when it is whole and on the disk.
func (a *App) BackUp(ctx context.Context, file string, to []age.Recipient, told func(rows int64)) (b Backup, err error) {
	if len(to) == 0 {
		return b, outbreak.Refuse(outbreak.Invalid, "app.backup_for_nobody")
	}
	if _, err := os.Lstat(file); err == nil {
		return b, outbreak.Refuse(outbreak.Conflict, "app.backup_there", "file", file)
	}
	part, err := store.Hold(file + partSuffix) // what a killed backup left is written over
	if errors.Is(err, store.ErrHeld) {
		return b, outbreak.Refuse(outbreak.Conflict, "app.backup_going_on", "file", file, "part", file+partSuffix)
	}
	if err != nil {
		return b, fmt.Errorf("making the file of a backup: %w", err)
	}
	kept := false
	defer func() {
		if !kept {
			_ = store.Release(part)
		}
	}()
	if err := part.Truncate(0); err != nil {
		return b, fmt.Errorf("emptying what a backup left behind: %w", err)
	}
	var before int64
	if err := a.House.DB.Read(ctx, func(tx *store.Tx) (err error) { before, err = journal.Head(tx); return err }); err != nil {
		return b, err
	}
	sum, size := sha256.New(), &counter{}
	d, err := seal(io.MultiWriter(part, sum, size), to, func(w io.Writer) (store.Dumped, error) { return a.House.DB.Dump(ctx, w, told) })
	if err != nil {
		return b, fmt.Errorf("backing up: %w", err)
	}
	if err := part.Sync(); err != nil {
		return b, err
	}
	if err := os.Rename(part.Name(), file); err != nil {
		return b, err
	}
	kept = true
	if err := part.Close(); err != nil { // after the renaming: until then it is held
		return b, err
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return b, err
	}
	b = Backup{File: file, Rows: d.Rows, Bytes: size.n, Digest: hex.EncodeToString(sum.Sum(nil)), Head: before}
	return b, a.House.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := a.House.Journal.Append(tx, outbreak.SystemActor("backup"), outbreak.BackupMade{Rows: b.Rows, Bytes: b.Bytes, Digest: b.Digest, Upto: b.Head})
		return err
	})
}

// seal compresses and encrypts what write gives.
func seal(out io.Writer, to []age.Recipient, write func(io.Writer) (store.Dumped, error)) (store.Dumped, error) {
	secret, err := age.Encrypt(out, to...)
	if err != nil {
		return store.Dumped{}, err
	}
	small := gzip.NewWriter(secret)
	d, err := write(small)
	if err != nil {
		return d, err
	}
	if err := small.Close(); err != nil {
		return d, err
	}
	return d, secret.Close()
}

// unseal opens a backup for whoever holds one of the identities.
func unseal(in io.Reader, with []age.Identity) (io.Reader, error) {
	plain, err := age.Decrypt(in, with...)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, outbreak.Refuse(outbreak.Forbidden, "app.backup_not_for_you").Because(err)
	}
	if err != nil {
		return nil, outbreak.Refuse(outbreak.Invalid, "store.dump_other").Because(err)
	}
	dump, err := gzip.NewReader(plain)
	if err != nil {
		return nil, outbreak.Refuse(outbreak.Invalid, "store.dump_other").Because(err)
	}
	return dump, nil
}

// CheckBackup reads a backup to its end and compares it with itself, without restoring it.
func CheckBackup(file string, with []age.Identity) (store.Dumped, error) {
	in, err := os.Open(file)
	if err != nil {
		return store.Dumped{}, err
	}
	defer in.Close()
	dump, err := unseal(in, with)
	if err != nil {
		return store.Dumped{}, err
	}
	return checked(store.CheckDump(dump))
}

// checked turns a file that was changed under its seal into the sentence for it.
func checked(d store.Dumped, err error) (store.Dumped, error) {
	if err != nil && outbreak.KindOf(err) == outbreak.Internal {
		return d, outbreak.Refuse(outbreak.Invalid, "store.dump_wrong").Because(err)
	}
	return d, err
}

// Restore fills the empty database of a site from a backup and brings it up to date. It starts nothing.
func Restore(ctx context.Context, c Config, file string, with []age.Identity, told func(rows int64)) (d store.Dumped, err error) {
	in, err := os.Open(file)
	if err != nil {
		return d, err
	}
	defer in.Close()
	dump, err := unseal(in, with)
	if err != nil {
		return d, err
	}
	if c.Clock == nil {
		c.Clock = outbreak.WallClock{}
	}
	where, err := c.database()
	if err != nil {
		return d, err
	}
	if _, err := os.Stat(c.Key); err != nil { // otherwise the first start would make a key that opens nothing
		return d, outbreak.Refuse(outbreak.Invalid, "app.restore_key", "file", c.Key)
	}
	db, err := store.Open(ctx, where, c.Clock)
	if err != nil {
		return d, err
	}
	d, err = checked(db.Load(ctx, dump, Owners(), told))
	return d, errors.Join(err, db.Close())
}

// ErasedFile names the list of erased people that should lie beside the key file and does not; empty when it does. Without it a
// restored backup brings back whoever was erased after it was made.
func ErasedFile(c Config) string {
	key := c.Key
	if key == "" {
		key = strings.TrimRight(c.Data, "/\\") + ".key"
	}
	list := strings.TrimSuffix(key, ".key") + ".erased"
	if _, err := os.Stat(list); err == nil {
		return ""
	}
	return list
}

// counter counts bytes.
type counter struct{ n int64 }

func (c *counter) Write(b []byte) (int, error) {
	c.n += int64(len(b))
	return len(b), nil
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

const (
	backupName   = "breakwater-"
	backupSuffix = ".backup.age"
	partSuffix   = ".part"
)

// backUp makes the backup that is due, and takes away those of its own that are too many. It looks at the journal: a site that
// is started every hour is not backed up every hour.
func (a *App) backUp(ctx context.Context) error {
	b := a.config.Backups
	last, err := a.lastBackup(ctx)
	now := outbreak.WallClock{}.Now()
	since := now.Sub(last) // below 0: the clock stood in the future then
	if err != nil || last != 0 && since >= 0 && since < b.Every || now.Sub(a.tried) < min(b.Every, time.Hour) {
		return err
	}
	a.tried = now // in memory: what fails is tried again in an hour, or at the next start
	if err := os.MkdirAll(b.Dir, 0o700); err != nil {
		return fmt.Errorf("making the folder of the backups: %w", err)
	}
	mine := filepath.Join(b.Dir, backupName+a.House.Registry.Keys().Ring()+"-")
	made, err := a.BackUp(ctx, mine+time.UnixMilli(int64(now)).UTC().Format(backupTime)+backupSuffix, b.To, nil)
	if err != nil {
		return err
	}
	a.config.Log.Info("backed up", "rows", made.Rows, "bytes", made.Bytes, "sha256", made.Digest)
	return a.prune(ctx, mine, made.File)
}

const backupTime = "20060102-150405Z"

// prune takes away the backups that are too many, and what killed ones left half. Several sites may share a folder: those of
// others, whose names hold the name of another key ring, stay. Older versions named no ring; such a file is this site's when
// the journal knows its digest.
func (a *App) prune(ctx context.Context, mine, made string) error {
	halves, err := filepath.Glob(mine + "*" + backupSuffix + partSuffix)
	if err != nil {
		return err
	}
	for _, half := range halves {
		part, err := store.Hold(half)
		if errors.Is(err, store.ErrHeld) { // somebody is at it
			continue
		}
		if err == nil {
			err = store.Release(part)
		}
		if err != nil {
			return fmt.Errorf("taking half a backup away: %w", err)
		}
	}
	named, err := filepath.Glob(mine + "*" + backupSuffix)
	if err != nil {
		return err
	}
	old, err := a.unnamed(ctx)
	if err != nil {
		return err
	}
	slices.Sort(named)
	old = append(old, named...) // those without a ring in their name are older
	old = slices.DeleteFunc(old, func(file string) bool { return file == made })
	for len(old) >= a.config.Backups.Keep {
		if err := os.Remove(old[0]); err != nil {
			return fmt.Errorf("taking an old backup away: %w", err)
		}
		old = old[1:]
	}
	return nil
}

// unnamed lists this site's backups whose names do not tell whose they are, oldest first.
func (a *App) unnamed(ctx context.Context) (mine []string, err error) {
	files, err := filepath.Glob(filepath.Join(a.config.Backups.Dir, backupName+"*"+backupSuffix))
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(file string) bool {
		_, err := time.Parse(backupTime, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), backupName), backupSuffix))
		return err != nil
	})
	if len(files) == 0 {
		return nil, nil
	}
	digests := map[string]bool{}
	if err := a.House.DB.Read(ctx, func(tx *store.Tx) error {
		entries, err := journal.ListAbout(tx, outbreak.Backups, mostRemembered)
		for _, e := range entries {
			if err == nil {
				err = outbreak.On(e, func(b outbreak.BackupMade) error { digests[b.Digest] = true; return nil })
			}
		}
		return err
	}); err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, file := range files {
		digest, err := digestOf(file)
		if err != nil {
			return nil, err
		}
		if digests[digest] {
			mine = append(mine, file)
		}
	}
	return mine, nil
}

// mostRemembered is how many backups are looked for in the journal: a year of hourly ones.
const mostRemembered = 10_000

func digestOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("looking at an old backup: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("looking at an old backup: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// lastBackup gives when the last backup was made; 0 for never.
func (a *App) lastBackup(ctx context.Context) (at outbreak.Instant, err error) {
	err = a.House.DB.Read(ctx, func(tx *store.Tx) error {
		at, err = journal.LastAbout(tx, outbreak.Backups)
		return err
	})
	return at, err
}

func (b *Backups) complete() {
	if b.Every <= 0 {
		b.Every = 24 * time.Hour
	}
	if b.Keep <= 0 {
		b.Keep = 14
	}
}

// Recipients reads who can open backups: "age1..." each, or the name of a file with one a line.
func Recipients(list []string) (to []age.Recipient, err error) {
	for _, text := range list {
		if !strings.HasPrefix(text, "age1") {
			file, err := os.Open(text)
			if err != nil {
				return nil, outbreak.Refuse(outbreak.Invalid, "app.recipient_wrong", "recipient", text).Because(err)
			}
			some, err := age.ParseRecipients(file)
			_ = file.Close() // it was only read
			if err != nil {
				return nil, outbreak.Refuse(outbreak.Invalid, "app.recipient_wrong", "recipient", text).Because(err)
			}
			to = append(to, some...)
			continue
		}
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, outbreak.Refuse(outbreak.Invalid, "app.recipient_wrong", "recipient", text).Because(err)
		}
		to = append(to, r)
	}
	return to, nil
}

// Identities reads the file that opens backups.
func Identities(file string) ([]age.Identity, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	list, err := age.ParseIdentities(in)
	if err != nil {
		return nil, outbreak.Refuse(outbreak.Invalid, "app.identity_wrong", "file", file).Because(err)
	}
	return list, nil
}

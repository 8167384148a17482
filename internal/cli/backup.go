package cli

import (
	"fmt"
	"os"
	"time"

	"filippo.io/age"

	"breakwater/internal/app"
	"breakwater/internal/outbreak"
)

type backupCmd struct {
	site
	File string   `arg:"" help:"File to write. It appears when it is whole."`
	To   []string `required:"" help:"Who can open it: age1..., or a file with one a line; may be repeated." placeholder:"AGE1..."`
	JSON bool     `name:"json" help:"One JSON object on standard output."`
}

// Run backs a site up, running or not.
func (c backupCmd) Run(r *run) error {
	to, err := app.Recipients(c.To)
	if err != nil {
		return err
	}
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	b, err := a.BackUp(r.ctx, c.File, to, r.rows("cli.backing_up"))
	if err != nil {
		return err
	}
	if c.JSON {
		return r.print(b)
	}
	r.say("cli.backed_up", "file", b.File, "rows", b.Rows, "bytes", b.Bytes, "digest", b.Digest)
	return nil
}

type restoreCmd struct {
	site
	File     string `arg:"" help:"File of a backup."`
	Identity string `required:"" help:"File with the identity that opens backups." placeholder:"FILE"`
	Check    bool   `help:"Only read it to its end and compare it with itself."`
}

// Run restores a backup into an empty site, or only looks at it.
func (c restoreCmd) Run(r *run) error {
	with, err := app.Identities(c.Identity)
	if err != nil {
		return err
	}
	if c.Check {
		d, err := app.CheckBackup(c.File, with)
		if err == nil {
			r.say("cli.backup_sound", "rows", d.Rows, "tables", d.Tables, "at", d.At)
		}
		return err
	}
	d, err := app.Restore(r.ctx, c.config(r), c.File, with, r.rows("cli.restoring"))
	if err != nil {
		return err
	}
	r.say("cli.restored", "rows", d.Rows, "tables", d.Tables)
	if list := app.ErasedFile(c.config(r)); list != "" {
		r.say("cli.no_erased_list", "file", list)
	}
	return doctorCmd{site: c.site}.Run(r)
}

// backing is how a serving site backs itself up.
type backing struct {
	BackupDir   string        `help:"Folder for backups that the site makes by itself." placeholder:"DIR"`
	BackupTo    []string      `help:"Who can open them: age1..., or a file with one a line; may be repeated." placeholder:"AGE1..."`
	BackupEvery time.Duration `help:"How often." default:"24h"`
	BackupKeep  int           `help:"How many of them are kept." default:"14"`
}

func (b backing) into(c *app.Config) (err error) {
	if b.BackupDir == "" {
		return nil
	}
	c.Backups = app.Backups{Dir: b.BackupDir, Every: b.BackupEvery, Keep: b.BackupKeep}
	if c.Backups.To, err = app.Recipients(b.BackupTo); err == nil && len(c.Backups.To) == 0 {
		err = outbreak.Refuse(outbreak.Invalid, "app.backup_for_nobody")
	}
	return err
}

type backupKeyCmd struct {
	File string `arg:"" help:"File to write the identity to; it has to be kept apart from the backups and from the site."`
}

// Run makes a pair for backups: the identity goes into the file, the recipient onto standard output.
func (c backupKeyCmd) Run(r *run) error {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return fmt.Errorf("making an identity: %w", err)
	}
	f, err := os.OpenFile(c.File, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return outbreak.Refuse(outbreak.Invalid, "cli.file_there", "file", c.File).Because(err)
	}
	if _, err := fmt.Fprintf(f, "# recipient: %s\n%s\n", id.Recipient(), id); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Fprintln(r.streams.Out, id.Recipient())
	return nil
}

// rows gives what tells of progress row by row: a line for every hundred thousand.
func (r *run) rows(key string) func(int64) {
	next := int64(100_000)
	return func(n int64) {
		if n >= next {
			next = n - n%100_000 + 100_000
			r.say(key, "rows", n)
		}
	}
}

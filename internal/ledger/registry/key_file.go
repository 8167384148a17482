package registry

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// OpenKeyFile reads the key ring, or makes one with mode 0600 when the file is absent.
func OpenKeyFile(name string) (*Vault, error) {
	r, err := readKeyFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		r, err = firstRing(name)
	}
	if err != nil {
		return nil, err
	}
	v := &Vault{file: name}
	v.ring.Store(r)
	return v, nil
}

// firstRing makes the file of a new site. Of several who start at once one makes it and the others read it: a ring that lies in
// no file would seal what nobody opens again.
func firstRing(name string) (*ring, error) {
	r, err := newRing(outbreak.WallClock{}.Now())
	if err != nil {
		return nil, err
	}
	mine := name + ".first-" + rand.Text()
	if err := writeKeyFile(mine, r); err != nil {
		return nil, err
	}
	defer os.Remove(mine) //nolint:errcheck // its other name stays
	if err := os.Link(mine, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("making the key file: %w", err)
	}
	if err := syncFolder(filepath.Dir(name)); err != nil {
		return nil, err
	}
	return readKeyFile(name)
}

func readKeyFile(name string) (*ring, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("opening the key file: %w", err)
	}
	r, err := readRing(text)
	if err != nil {
		return nil, fmt.Errorf("reading the key file %s: %w", name, err)
	}
	return r, nil
}

// writeKeyFile puts a ring in the place of the file so that a crash leaves the old ring or the new one, whole and on the disk.
func writeKeyFile(name string, r *ring) error {
	text, err := r.text()
	if err != nil {
		return err
	}
	if err := replaceFile(name, text); err != nil {
		return fmt.Errorf("writing the key file: %w", err)
	}
	return nil
}

// replaceFile writes a file for its owner alone beside the old one, brings it to the disk and renames it.
func replaceFile(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after the rename it is gone
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder brings the names of a folder to the disk, where the system can do that.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// appendFile adds lines to a file beside the key and brings them to the disk together. A last line that a crash tore stays
// torn alone.
func appendFile(name string, lines ...string) error {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	text := strings.Join(lines, "\n") + "\n"
	if err == nil && size > 0 {
		last := make([]byte, 1)
		if _, err = f.ReadAt(last, size-1); last[0] != '\n' {
			text = "\n" + text
		}
	}
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil || size > 0 {
		return err
	}
	return syncFolder(filepath.Dir(name))
}

// Beside names a file that lies beside the key file: DIR.key gives DIR.erased and DIR.heads. Empty for a vault without file.
func (v *Vault) Beside(ending string) string {
	if v.file == "" {
		return ""
	}
	return strings.TrimSuffix(v.file, ".key") + "." + ending
}

// Reload reads the key file again. A ring of another site, or one that holds another secret under a known number, is refused
// and the old one stays.
func (v *Vault) Reload() error {
	if v.file == "" {
		return nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := readKeyFile(v.file)
	if err != nil {
		return err
	}
	if !r.follows(v.ring.Load()) {
		return outbreak.Refuse(outbreak.Conflict, "registry.wrong_key")
	}
	v.ring.Store(r)
	return nil
}

// change lets do change the ring of the file and puts it in its place. A lock beside the file keeps a second command out: two
// that made a key of one number would lose one of them, and everybody wrapped under it.
func (v *Vault) change(do func(*ring) error) error {
	if v.file == "" {
		return errors.New("the keys of this vault lie in no file")
	}
	unlock, err := lockFile(v.file + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	if err := v.Reload(); err != nil {
		return err
	}
	r := v.ring.Load().clone()
	if err := do(r); err != nil {
		return err
	}
	r.old = false
	if err := r.prepare(); err != nil {
		return err
	}
	if err := writeKeyFile(v.file, r); err != nil {
		return err
	}
	return v.Reload() // what counts is what lies on the disk
}

// lockFile holds a file that only one can hold. One whom a kill ended holds nothing.
func lockFile(name string) (unlock func(), err error) {
	f, err := store.Hold(name)
	if errors.Is(err, store.ErrHeld) {
		return nil, outbreak.Refuse(outbreak.Conflict, "registry.key_locked", "file", name)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the key file: %w", err)
	}
	return func() { _ = store.Release(f) }, nil
}

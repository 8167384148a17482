package protocols

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"breakwater/internal/outbreak"
)

//go:embed *.toml
var files embed.FS

// Set holds rule books by their id. It is an outbreak.Protocols.
type Set struct {
	byID map[string]outbreak.Protocol
	file map[string]string // id -> file, so that a clash names both
}

// Embedded gives the rule books that come with the program.
func Embedded() (*Set, error) { return (&Set{}).With(files) }

// Load gives the embedded rule books and a site's own: every *.toml at the root of fsys.
func Load(fsys fs.FS) (*Set, error) {
	set, err := Embedded()
	if err != nil {
		return nil, err
	}
	return set.With(fsys)
}

// Find gives the rule book with that id.
func (s *Set) Find(id string) (outbreak.Protocol, bool) {
	p, ok := s.byID[id]
	return p, ok
}

// List gives all rule books, by disease and then from the oldest edition.
func (s *Set) List() []outbreak.Protocol {
	return slices.SortedFunc(maps.Values(s.byID), func(a, b outbreak.Protocol) int {
		return cmp.Or(strings.Compare(a.Disease, b.Disease), strings.Compare(a.ValidFrom, b.ValidFrom), strings.Compare(a.ID, b.ID))
	})
}

// maxFile is more than any rule book needs; a larger file is not one.
const maxFile = 1 << 20

// With gives a set that also holds the rule books of fsys. On any fault it gives Problems with all of them, and s is as it was.
func (s *Set) With(fsys fs.FS) (*Set, error) {
	names, err := fs.Glob(fsys, "*.toml")
	if err != nil {
		return nil, fmt.Errorf("looking for protocol files: %w", err)
	}
	var books []*book
	for _, name := range names {
		data, err := readFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("reading protocol file %s: %w", name, err)
		}
		if data == nil {
			b := &book{doc: &document{file: name}}
			b.doc.fault(place{1, 1}, "protocols.file_large")
			books = append(books, b)
			continue
		}
		books = append(books, readBook(name, data))
	}
	return s.join(books)
}

// readFile gives nil for a file that is too large to be a rule book.
func readFile(fsys fs.FS, name string) ([]byte, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, nil
	}
	return fs.ReadFile(fsys, name)
}

// join resolves ids and extends over all books at once, so that files may stand in any order.
func (s *Set) join(books []*book) (*Set, error) {
	all := &Set{byID: maps.Clone(s.byID), file: maps.Clone(s.file)}
	if all.byID == nil {
		all.byID, all.file = map[string]outbreak.Protocol{}, map[string]string{}
	}
	fresh := map[string]*book{}
	for _, b := range books {
		id := b.protocol.ID
		if id == "" {
			continue // told already: no id, or no TOML
		}
		if other, taken := all.file[id]; taken {
			b.doc.fault(b.at, "protocols.id_taken", "id", id, "file", other)
			continue
		}
		all.file[id], fresh[id] = b.doc.file, b
	}
	var faults Problems
	for _, b := range books {
		if fresh[b.protocol.ID] == b {
			all.resolve(b, fresh, nil)
		}
	}
	for _, b := range books {
		faults = append(faults, b.doc.faults...)
	}
	if len(faults) > 0 {
		return nil, faults.sorted()
	}
	return all, nil
}

// resolve fills a book from the one it extends and checks that nothing required is missing. via holds the ids on the way, so
// that a circle is found.
func (s *Set) resolve(b *book, fresh map[string]*book, via []string) {
	p := b.protocol
	if _, done := s.byID[p.ID]; done {
		return
	}
	sound := true // whether what is missing can be judged
	if p.Extends != "" {
		if next, ok := fresh[p.Extends]; ok && !slices.Contains(via, p.Extends) && p.Extends != p.ID {
			s.resolve(next, fresh, append(via, p.ID))
		}
		base, ok := s.byID[p.Extends]
		sound = ok && (fresh[p.Extends] == nil || len(fresh[p.Extends].doc.faults) == 0)
		switch {
		case !ok && (p.Extends == p.ID || slices.Contains(via, p.Extends)):
			b.doc.fault(b.extendAt, "protocols.extends_circle", "id", p.Extends)
		case !ok:
			b.doc.fault(b.extendAt, "protocols.extends_unknown", "id", p.Extends)
		default:
			b.inherit(base)
		}
	} else if len(b.drop) > 0 {
		b.doc.fault(b.dropAt, "protocols.drop_alone")
	}
	if sound {
		b.complete()
	}
	s.byID[p.ID] = b.protocol
}

// inherit takes from the older edition what this one neither says nor drops.
func (b *book) inherit(base outbreak.Protocol) {
	for _, key := range b.drop {
		if _, there := base.Values[key]; !there {
			b.doc.fault(b.dropAt, "protocols.drop_unknown", "key", key, "id", base.ID)
		}
	}
	for key, v := range base.Values {
		if _, own := b.protocol.Values[key]; !own && !slices.Contains(b.drop, key) {
			b.protocol.Values[key] = v
		}
	}
}

// complete checks that every entry the house cannot do without is there.
func (b *book) complete() {
	for _, name := range slices.Sorted(maps.Keys(Keys)) {
		v, there := b.protocol.Values[name]
		switch {
		case !there && Keys[name].Need == Named:
			b.doc.fault(b.at, "protocols.key_missing", "key", name)
		case !there && Keys[name].Need == Valued:
			b.doc.fault(b.at, "protocols.key_valueless", "key", name)
		case there && Keys[name].Need == Valued && v.Status == outbreak.StatusNotVerified:
			b.doc.fault(place{v.Line, 1}, "protocols.key_valueless", "key", name)
		}
	}
}

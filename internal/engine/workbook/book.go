package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
)

// What a workbook may be at most; beyond it is refused, never cut.
const (
	MostUnfolded = 2 << 30  // bytes of all parts
	MostText     = 96 << 20 // bytes of the text that cells share: it is held in memory
	MostColumns  = 16_384   // as many as a spreadsheet has
	MostRows     = 1_048_576
	MostInCell   = 1 << 20 // bytes
	MostInRow    = 4 << 20
	mostParts    = 5_000
	mostFolded   = 250      // times: a sheet of equal rows reaches a hundred
	fewUnfolded  = 64 << 20 // up to which nobody asks how often it was folded
)

// Faults of a workbook as a whole.
var (
	ErrEncrypted = errors.New("the workbook needs a password")
	ErrOld       = errors.New("a workbook of the old kind (.xls)")
	ErrBinary    = errors.New("a workbook of the binary kind (.xlsb)")
	ErrOther     = errors.New("no workbook of the kind .xlsx or .xlsm")
	ErrBomb      = errors.New("the file unfolds to far more than it holds")
	ErrLarge     = errors.New("the workbook is larger than can be read")
	ErrText      = errors.New("the workbook holds more text than can be read")
	ErrColumns   = errors.New("more columns than a spreadsheet can have")
	ErrRow       = errors.New("a row longer than four megabytes")
	ErrCell      = errors.New("a cell longer than a megabyte")
	ErrBroken    = errors.New("the workbook is damaged")
)

// Sheet is a sheet of rows.
type Sheet struct {
	Name   string
	Hidden bool
	part   string
}

// Book is an opened workbook.
type Book struct {
	Sheets   []Sheet
	Macros   bool // it has some; nobody looks at them
	From1904 bool // days are counted from 1904

	parts  map[string]*zip.File
	texts  texts
	styles styles

	lock  sync.Mutex
	downs map[string][]down // merged cells of the sheets that were read, by part
}

// Is tells by its first bytes whether a file may be a workbook, of whatever kind: Open says which.
func Is(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0"))
}

// Open reads everything of a workbook but its rows.
func Open(r io.ReaderAt, size int64) (*Book, error) {
	head := make([]byte, 8)
	if n, err := r.ReadAt(head, 0); err != nil && n < 8 {
		return nil, ErrOther
	}
	if bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")) {
		return nil, compound(r, size)
	}
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	b := &Book{parts: map[string]*zip.File{}}
	if err := b.take(archive); err != nil {
		return nil, err
	}
	for _, read := range []func() error{b.readSheets, b.readStyles, b.readTexts} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// take looks at the parts before any is unfolded. What they say of their size binds them: who says less cannot be read on.
func (b *Book) take(archive *zip.Reader) error {
	var unfolded, folded uint64
	if len(archive.File) > mostParts {
		return ErrLarge
	}
	for _, f := range archive.File {
		if f.UncompressedSize64 > MostUnfolded {
			return ErrLarge
		}
		unfolded += f.UncompressedSize64
		folded += f.CompressedSize64
		name := strings.ToLower(path.Clean("/" + strings.ReplaceAll(f.Name, `\`, "/")))
		if b.parts[name] == nil {
			b.parts[name] = f
		}
		b.Macros = b.Macros || path.Base(name) == "vbaproject.bin" || strings.HasPrefix(name, "/xl/macrosheets/")
	}
	switch {
	case unfolded > fewUnfolded && unfolded/max(folded, 1) > mostFolded:
		return ErrBomb
	case unfolded > MostUnfolded:
		return ErrLarge
	case b.parts["/xl/workbook.bin"] != nil:
		return ErrBinary
	case b.parts["/xl/workbook.xml"] == nil && b.parts["/_rels/.rels"] == nil:
		return ErrOther
	}
	return nil
}

// compound tells an encrypted workbook from one of the old kind: both stand in a file of the same make, and the encrypted one has
// a stream of that name in its directory.
func compound(r io.ReaderAt, size int64) error {
	mark := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	in := io.NewSectionReader(r, 0, min(size, 64<<20))
	buf := make([]byte, 0, 128<<10)
	for chunk := make([]byte, 64<<10); ; {
		n, err := in.Read(chunk)
		buf = append(buf, chunk[:n]...)
		if bytes.Contains(buf, mark) {
			return ErrEncrypted
		}
		if err != nil {
			return ErrOld
		}
		buf = append(buf[:0], buf[max(len(buf)-len(mark), 0):]...)
	}
}

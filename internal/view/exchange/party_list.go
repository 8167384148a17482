package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"breakwater/internal/outbreak"
)

// What a list of another party may be at most: beyond it is refused, never cut.
const (
	mostListRows  = 400_000
	mostListCells = 2000      // of a row
	mostListBytes = 200 << 20 // of cells
)

// SheetRows are the rows of a file as they are, titles and header too, and the digest of the file.
type SheetRows struct {
	Rows   [][]string
	Digest string
	bytes  int
}

// ReadSheet reads a whole file of separated cells, or the first sheet of a workbook that holds anything.
func ReadSheet(file interface {
	io.ReaderAt
	io.Seeker
}) (s SheetRows, err error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return s, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(file, 0, size)); err != nil {
		return s, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	s.Digest = hex.EncodeToString(sum.Sum(nil))
	source, err := OpenSource(file, size)
	if err != nil {
		return s, err
	}
	sheets := 1
	if source.book != nil {
		sheets = len(source.book.Sheets)
	}
	for sheet := range sheets {
		if _, err := source.read(sheet, s.add); err != nil {
			return s, err
		}
		if s.bytes > 0 {
			return s, nil
		}
		s.Rows = nil
	}
	return s, outbreak.Refuse(outbreak.Invalid, "exchange.empty")
}

// add keeps a row, within limits. Empty ones are kept, so that rows are counted as the file counts them.
func (s *SheetRows) add(_ int, cells []string) error {
	for _, c := range cells {
		s.bytes += len(c)
	}
	if len(s.Rows) >= mostListRows || s.bytes > mostListBytes || len(cells) > mostListCells {
		return outbreak.Refuse(outbreak.Invalid, "exchange.list_large", "rows", mostListRows)
	}
	s.Rows = append(s.Rows, cells)
	return nil
}

package exchange

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/xuri/excelize/v2"

	"breakwater/internal/engine/table"
	"breakwater/internal/outbreak"
)

// What a list of another party may be at most: beyond it is refused, never cut.
const (
	mostListRows  = 400_000
	mostListBytes = 200 << 20 // of cells
	mostUnpacked  = 1 << 30   // of a workbook
)

// SheetRows are the rows of a file as they are, titles and header too, and the digest of the file.
type SheetRows struct {
	Rows   [][]string
	Digest string
	bytes  int
}

// ReadSheet reads a whole file of separated cells, or the first sheet of a workbook that holds anything.
func ReadSheet(file io.ReadSeeker) (SheetRows, error) {
	sum := sha256.New()
	head := make([]byte, table.Looked)
	n, err := io.ReadFull(io.TeeReader(file, sum), head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return SheetRows{}, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	whole := n < len(head)
	head = head[:n]
	if _, err := io.Copy(sum, file); err != nil {
		return SheetRows{}, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	if len(bytes.TrimSpace(head)) == 0 {
		return SheetRows{}, outbreak.Refuse(outbreak.Invalid, "exchange.empty")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return SheetRows{}, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	s := SheetRows{Digest: hex.EncodeToString(sum.Sum(nil))}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return s, s.workbook(file)
	}
	if msg := foreign(head); msg != "" {
		return s, outbreak.Refuse(outbreak.Invalid, msg)
	}
	letters := table.Look(head, whole)
	if letters.Encoding == table.Unknown {
		return s, outbreak.Refuse(outbreak.Invalid, zeros(head))
	}
	err = table.Read(letters.Reader(file), letters.Separator, func(row int, cells []string) error {
		if row == 1 && letters.Declared {
			return nil
		}
		return s.add(cells)
	})
	if _, ours := errors.AsType[*outbreak.Error](err); err != nil && !ours {
		err = outbreak.Refuse(outbreak.Invalid, "exchange.sheet_broken").Because(err)
	}
	return s, err
}

// add keeps a row, within limits.
func (s *SheetRows) add(cells []string) error {
	for _, c := range cells {
		s.bytes += len(c)
	}
	if len(s.Rows) >= mostListRows || s.bytes > mostListBytes || len(cells) > 2000 {
		return outbreak.Refuse(outbreak.Invalid, "exchange.list_large", "rows", mostListRows)
	}
	s.Rows = append(s.Rows, cells)
	return nil
}

// workbook reads the first sheet with anything in it. Dates come as the numbers that spreadsheets count days in.
func (s *SheetRows) workbook(file io.Reader) (err error) {
	book, err := excelize.OpenReader(file, excelize.Options{RawCellValue: true, UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return outbreak.Refuse(outbreak.Invalid, "exchange.workbook_unreadable").Because(err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	for _, name := range book.GetSheetList() {
		rows, err := book.Rows(name)
		if err != nil {
			continue // a sheet of pictures
		}
		for rows.Next() {
			cells, err := rows.Columns()
			if err == nil {
				err = s.add(cells)
			}
			if err != nil {
				return errors.Join(err, rows.Close())
			}
		}
		if err := errors.Join(rows.Error(), rows.Close()); err != nil {
			return outbreak.Refuse(outbreak.Invalid, "exchange.workbook_unreadable").Because(err)
		}
		if len(s.Rows) > 0 {
			return nil
		}
	}
	return outbreak.Refuse(outbreak.Invalid, "exchange.empty")
}

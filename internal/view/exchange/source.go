package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"breakwater/internal/engine/table"
	"breakwater/internal/engine/workbook"
	"breakwater/internal/outbreak"
)

// Source is a file of a list: of separated cells or a workbook. It is read as often as it has to be, a row in memory at a time.
type Source struct {
	file    io.ReaderAt
	size    int64
	book    *workbook.Book // nil: of separated cells
	letters table.Letters
}

// OpenSource looks what a file is. What is no table is refused with a sentence that says what to do.
func OpenSource(file io.ReaderAt, size int64) (*Source, error) {
	s := &Source{file: file, size: size}
	head := make([]byte, min(size, table.Looked))
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	head = head[:n]
	switch msg := foreign(head); {
	case len(bytes.TrimSpace(head)) == 0:
		return nil, outbreak.Refuse(outbreak.Invalid, "exchange.empty")
	case workbook.Is(head):
		if s.book, err = workbook.Open(file, size); err != nil {
			return nil, refusedFile(err)
		}
		return s, nil
	case msg != "":
		return nil, outbreak.Refuse(outbreak.Invalid, msg)
	}
	if s.letters = table.Look(head, int64(n) == size); s.letters.Encoding == table.Unknown {
		return nil, outbreak.Refuse(outbreak.Invalid, zeros(head))
	}
	return s, nil
}

// Encodings are those a person may say a file is written in.
var Encodings = []table.Encoding{table.UTF8, table.GB18030, table.Windows1252, table.UTF16}

// written says how the letters and cells of a file are written, where a person knows better than its beginning shows.
func (s *Source) written(encoding table.Encoding, separator string) {
	if s.book != nil {
		return
	}
	if slices.Contains(Encodings, encoding) && encoding != s.letters.Encoding {
		s.letters.Encoding, s.letters.Sure, s.letters.Other = encoding, true, ""
	}
	if len(separator) == 1 {
		s.letters.Separator = separator
	}
}

// read gives the rows of a sheet, from 1; of separated cells there is one sheet. io.EOF from each ends the reading.
func (s *Source) read(sheet int, each func(row int, cells []string) error) (told workbook.Told, err error) {
	if s.book != nil {
		told, err = s.book.Read(sheet, each)
		return told, refusedFile(err)
	}
	in := s.letters.Reader(io.NewSectionReader(s.file, 0, s.size))
	err = table.Read(in, s.letters.Separator, func(row int, cells []string) error {
		told.Rows = row
		if row == 1 && s.letters.Declared {
			return each(row, nil) // the line that says the separator is no row of the list, but counts as one
		}
		return each(row, cells)
	})
	return told, refusedFile(err)
}

// refusals are the sentences for what a file as a whole can be too much of.
var refusals = []struct {
	err error
	msg string
}{
	{workbook.ErrEncrypted, "lists.book_encrypted"}, {workbook.ErrOld, "lists.book_old"}, {workbook.ErrBinary, "lists.book_binary"}, {workbook.ErrOther, "lists.book_other"},
	{workbook.ErrBomb, "lists.book_bomb"}, {workbook.ErrLarge, "lists.book_large"}, {workbook.ErrText, "lists.book_text"},
	{workbook.ErrColumns, "lists.columns"}, {table.ErrColumns, "lists.columns"}, {workbook.ErrRow, "lists.row"}, {table.ErrRow, "lists.row"},
	{workbook.ErrCell, "lists.cell"}, {table.ErrCell, "lists.cell"}, {workbook.ErrBroken, "lists.book_broken"},
}

// refusedFile gives the sentence for a fault of the file as a whole; any other error is handed on.
func refusedFile(err error) error {
	for _, r := range refusals {
		if err != nil && errors.Is(err, r.err) {
			return outbreak.Refuse(outbreak.Invalid, r.msg).Because(err)
		}
	}
	if err != nil {
		if _, told := errors.AsType[*outbreak.Error](err); !told {
			return fmt.Errorf("reading a list: %w", err)
		}
	}
	return err
}

package workbook

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

// scanner reads the XML of a part, one word of it at a time, and never holds more than a cell.
type scanner struct {
	xml  *xml.Decoder
	from io.ReadCloser
}

func (b *Book) open(part string) (*scanner, error) {
	f := b.parts[strings.ToLower(part)]
	if f == nil {
		return nil, fmt.Errorf("%w: no %s", ErrBroken, part)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	d := xml.NewDecoder(bufio.NewReaderSize(&bounded{from: r}, 64<<10))
	d.Strict = false
	d.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") {
			return in, nil
		}
		return nil, ErrBroken
	}
	return &scanner{xml: d, from: r}, nil
}

func (s *scanner) close() { _ = s.from.Close() }

// next gives the next word; io.EOF at the end of the part. Parts that name other parts to be put in are broken: nothing we read has them.
func (s *scanner) next() (xml.Token, error) {
	t, err := s.xml.RawToken()
	switch {
	case err == nil:
		if _, is := t.(xml.Directive); is {
			return nil, ErrBroken
		}
		return t, nil
	case err == io.EOF, errors.Is(err, ErrCell):
		return nil, err
	}
	return nil, fmt.Errorf("%w: %w", ErrBroken, err)
}

// bounded stops a reader when too much comes between two signs < : that is how a cell of a gigabyte looks before it is read.
type bounded struct {
	from io.Reader
	run  int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p[:min(len(p), 64<<10)])
	from := 0
	for i, c := range p[:n] {
		if c == '<' {
			b.run, from = 0, i
		}
	}
	if b.run += n - from; b.run > MostInCell+128<<10 {
		return 0, ErrCell
	}
	return n, err
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// readSheets reads the names of the sheets and where their rows are.
func (b *Book) readSheets() error {
	home := b.workbookPart()
	targets, err := b.targets(home)
	if err != nil {
		return err
	}
	s, err := b.open(home)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		t, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		e, is := t.(xml.StartElement)
		if !is {
			continue
		}
		switch e.Name.Local {
		case "workbookPr":
			v := attr(e, "date1904")
			b.From1904 = v == "1" || v == "true"
		case "sheet":
			part := ""
			for _, a := range e.Attr {
				if a.Name.Local == "id" && a.Name.Space != "" {
					part = targets[a.Value]
				}
			}
			if part != "" && b.parts[strings.ToLower(part)] != nil && len(b.Sheets) < mostParts {
				b.Sheets = append(b.Sheets, Sheet{Name: attr(e, "name"), Hidden: slices.Contains([]string{"hidden", "veryHidden"}, attr(e, "state")), part: part})
			}
		}
	}
	if len(b.Sheets) == 0 {
		return fmt.Errorf("%w: no sheet", ErrBroken)
	}
	return nil
}

// workbookPart finds the part that lists the sheets.
func (b *Book) workbookPart() string {
	targets, err := b.targets("/")
	if err == nil {
		for _, part := range targets {
			if strings.HasSuffix(part, "/workbook.xml") && b.parts[strings.ToLower(part)] != nil {
				return part
			}
		}
	}
	return "/xl/workbook.xml"
}

// targets reads which parts a part refers to, sheets, texts and styles alone.
func (b *Book) targets(part string) (map[string]string, error) {
	dir, name := path.Split(part)
	s, err := b.open(dir + "_rels/" + name + ".rels")
	if err != nil {
		return nil, err
	}
	defer s.close()
	all := map[string]string{}
	for {
		t, err := s.next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		e, is := t.(xml.StartElement)
		if !is || e.Name.Local != "Relationship" || attr(e, "TargetMode") == "External" || len(all) > mostParts {
			continue
		}
		kind := path.Base(attr(e, "Type"))
		if !slices.Contains([]string{"worksheet", "officeDocument", "sharedStrings", "styles"}, kind) {
			continue
		}
		to := strings.ReplaceAll(attr(e, "Target"), `\`, "/")
		if !strings.HasPrefix(to, "/") {
			to = dir + to
		}
		all[attr(e, "Id")] = path.Clean(to)
		if kind == "sharedStrings" || kind == "styles" {
			all[kind] = path.Clean(to)
		}
	}
}

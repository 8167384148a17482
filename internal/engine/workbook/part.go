package workbook

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

func (b *Book) open(part string) (*scanner, error) {
	f := b.parts[strings.ToLower(part)]
	if f == nil {
		return nil, fmt.Errorf("%w: no %s", ErrBroken, part)
	}
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return newScanner(r), nil
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
		if t != begins {
			continue
		}
		switch string(s.name) {
		case "workbookPr":
			v := s.said("date1904")
			b.From1904 = v == "1" || v == "true"
		case "sheet":
			part := ""
			s.each(func(key, value []byte, prefixed bool) bool {
				if string(key) == "id" && prefixed {
					part = targets[string(value)]
				}
				return true
			})
			if part != "" && b.parts[strings.ToLower(part)] != nil && len(b.Sheets) < mostParts {
				b.Sheets = append(b.Sheets, Sheet{Name: s.said("name"), Hidden: slices.Contains([]string{"hidden", "veryHidden"}, s.said("state")), part: part})
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
		if t != begins || string(s.name) != "Relationship" || s.said("TargetMode") == "External" || len(all) > mostParts {
			continue
		}
		kind := path.Base(s.said("Type"))
		if !slices.Contains([]string{"worksheet", "officeDocument", "sharedStrings", "styles"}, kind) {
			continue
		}
		to := strings.ReplaceAll(s.said("Target"), `\`, "/")
		if !strings.HasPrefix(to, "/") {
			to = dir + to
		}
		all[s.said("Id")] = path.Clean(to)
		if kind == "sharedStrings" || kind == "styles" {
			all[kind] = path.Clean(to)
		}
	}
}

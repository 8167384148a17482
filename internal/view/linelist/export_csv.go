package linelist

import (
	"encoding/csv"
	"fmt"
	"io"
)

// lines writes CSV.
type lines struct{ w *csv.Writer }

func newCSV(w io.Writer) sheet { return &lines{csv.NewWriter(w)} }

func (l *lines) row(cells []string) error {
	if err := l.w.Write(cells); err != nil {
		return fmt.Errorf("writing a row: %w", err)
	}
	return nil
}

func (l *lines) end([]string) error {
	if l.w.Flush(); l.w.Error() != nil {
		return fmt.Errorf("writing the last rows: %w", l.w.Error())
	}
	return nil
}

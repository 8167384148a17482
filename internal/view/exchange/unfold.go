package exchange

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"

	"breakwater/internal/engine/workbook"
	"breakwater/internal/outbreak"
)

// asText gives a workbook's list as separated cells, so that every kind of file may come as one: the sheet is the first that is not
// hidden. Anything else is handed on as it is. What end gives is called when the text has been read.
func asText(r io.Reader) (text io.Reader, end func(), err error) {
	in := bufio.NewReaderSize(r, 4096)
	if file, is := r.(io.ReadSeeker); is {
		head := make([]byte, 8)
		start, err := file.Seek(0, io.SeekCurrent)
		if err != nil {
			return r, func() {}, nil // a pipe: it is refused with a sentence where it is no text
		}
		n, _ := io.ReadFull(file, head)
		if _, err := file.Seek(start, io.SeekStart); err != nil {
			return nil, nil, fmt.Errorf("going back to the beginning of the file: %w", err)
		}
		if !workbook.Is(head[:n]) {
			return r, func() {}, nil
		}
	} else if head, _ := in.Peek(8); !workbook.Is(head) {
		return in, func() {}, nil
	}
	kept, err := os.CreateTemp("", "breakwater-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a temporary file: %w", err)
	}
	_ = os.Remove(kept.Name())
	gone := func() { _, _ = kept.Close(), os.Remove(kept.Name()) }
	size, err := io.Copy(kept, in)
	if err != nil {
		gone()
		return nil, nil, outbreak.Refuse(outbreak.Invalid, "exchange.unreadable").Because(err)
	}
	book, err := workbook.Open(kept, size)
	if err != nil {
		gone()
		return nil, nil, refusedFile(err)
	}
	out, to := io.Pipe()
	done := make(chan struct{})
	go func() { // ends when the text is read, or nobody reads it any more
		defer close(done)
		to.CloseWithError(refusedFile(writeSheet(book, to)))
	}()
	return out, func() {
		_ = out.Close()
		<-done
		gone()
	}, nil
}

// writeSheet writes the rows of the first sheet that is shown.
func writeSheet(book *workbook.Book, to io.Writer) error {
	at := 0
	for at < len(book.Sheets)-1 && book.Sheets[at].Hidden {
		at++
	}
	w := csv.NewWriter(to)
	_, err := book.Read(at, func(_ int, cells []string) error {
		if len(cells) == 0 {
			cells = []string{""}
		}
		return w.Write(cells)
	})
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	if errors.Is(err, io.ErrClosedPipe) {
		return nil
	}
	return err
}

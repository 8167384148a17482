package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"time"

	"breakwater/internal/outbreak"
)

const (
	// mostFile is how large a file may be: a roll of a million people has about 150 MB. The page tells it before anything is sent.
	mostFile = 256 << 20
	// mostField is how large a field beside the file may be.
	mostField = 4 << 10
	// filePatience is how long a file may be on its way, in or out.
	filePatience = time.Hour
)

// scratch is a file nobody else can read, and nobody at all after done.
type scratch struct{ *os.File }

func newScratch() (scratch, error) {
	f, err := os.CreateTemp("", "breakwater-")
	if err != nil {
		return scratch{}, fmt.Errorf("making a temporary file: %w", err)
	}
	_ = os.Remove(f.Name()) // where files can be removed while they are open; else done does it
	return scratch{f}, nil
}

func (s scratch) done() {
	_ = s.Close()
	_ = os.Remove(s.Name())
}

// patiently gives a request with a file the time it needs.
func (s *Server) patiently(w http.ResponseWriter) {
	until := outbreak.WallClock{}.Now().Add(filePatience).Time()
	conn := http.NewResponseController(w)
	_, _ = conn.SetReadDeadline(until), conn.SetWriteDeadline(until) // a recorder in a test has no connection
}

// receive reads the fields of a form and takes its file into c.file. The file comes last in the form.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, c *call) error {
	s.patiently(w)
	r.Body = http.MaxBytesReader(w, r.Body, mostFile)
	parts, err := r.MultipartReader()
	if err != nil {
		return outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
	}
	c.form = url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return incoming(err)
		}
		if err := c.take(part); err != nil {
			return incoming(err)
		}
	}
}

// take reads one part of a form.
func (c *call) take(part *multipart.Part) error {
	if part.FormName() != "file" {
		text, err := io.ReadAll(io.LimitReader(part, mostField))
		c.form.Add(part.FormName(), string(text))
		return err
	}
	if part.FileName() == "" || c.file != nil {
		return nil
	}
	f, err := newScratch()
	if err != nil {
		return err
	}
	c.file = &f
	n, err := io.Copy(f, part)
	if err == nil && n > 0 {
		_, err = f.Seek(0, io.SeekStart)
	}
	c.form.Set("file", part.FileName())
	return err
}

// incoming tells a form that did not come to its end, or is too large, from a fault of ours.
func incoming(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return outbreak.Refuse(outbreak.Invalid, "web.files.too_large", "most", mostFile>>20).Because(err)
	}
	if _, ours := errors.AsType[*os.PathError](err); ours || errors.Is(err, context.Canceled) {
		return fmt.Errorf("receiving a file: %w", err)
	}
	return outbreak.Refuse(outbreak.Invalid, "web.form.unreadable").Because(err)
}

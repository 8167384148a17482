package drill

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// wire is one connection of a device: it sends a request and reads the answer with as little work as can be, since whoever
// measures shares the machine with what is measured.
type wire struct {
	addr string
	conn net.Conn
	read *bufio.Reader
	out  bytes.Buffer
	body []byte
}

// reply is what came back.
type reply struct {
	status     int
	retryAfter time.Duration
	body       []byte // until the next request
}

// errCut says that the connection ended before the answer did: the request may have been worked on.
var errCut = errors.New("the connection was cut")

func (w *wire) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

// do sends one request on the connection, opening it when there is none.
func (w *wire) do(ctx context.Context, method, path, headers string, body []byte) (reply, error) {
	if w.conn == nil {
		d := net.Dialer{Timeout: 5 * time.Second}
		conn, err := d.DialContext(ctx, "tcp", w.addr)
		if err != nil {
			return reply{}, errors.Join(errCut, err)
		}
		w.conn = conn
		if w.read == nil {
			w.read = bufio.NewReaderSize(conn, 4096)
		} else {
			w.read.Reset(conn)
		}
	}
	w.out.Reset()
	w.out.WriteString(method + " " + path + " HTTP/1.1\r\nHost: " + w.addr + "\r\n" + headers)
	if body != nil {
		w.out.WriteString("Content-Length: " + strconv.Itoa(len(body)) + "\r\n")
	}
	w.out.WriteString("\r\n")
	w.out.Write(body)
	_ = w.conn.SetDeadline(time.Now().Add(time.Minute)) //nolint:forbidigo // of the wire
	if _, err := w.conn.Write(w.out.Bytes()); err != nil {
		w.close()
		return reply{}, errors.Join(errCut, err)
	}
	r, err := w.answer()
	if err != nil {
		w.close()
		return reply{}, errors.Join(errCut, err)
	}
	return r, nil
}

func (w *wire) answer() (r reply, err error) {
	line, err := w.read.ReadSlice('\n')
	if err != nil {
		return r, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return r, fmt.Errorf("an answer begins with %q", line)
	}
	if r.status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return r, err
	}
	length, closing := -1, false
	for {
		line, err := w.read.ReadSlice('\n')
		if err != nil {
			return r, err
		}
		if len(line) <= 2 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte{':'})
		switch len(name) {
		case len("Content-Length"):
			if strings.EqualFold(string(name), "Content-Length") {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
					return r, err
				}
			}
		case len("Retry-After"):
			if strings.EqualFold(string(name), "Retry-After") {
				seconds, _ := strconv.Atoi(string(bytes.TrimSpace(value)))
				r.retryAfter = time.Duration(seconds) * time.Second
			}
		case len("Connection"):
			closing = closing || strings.EqualFold(string(name), "Connection") && strings.EqualFold(string(bytes.TrimSpace(value)), "close")
		}
	}
	if length < 0 {
		if r.status == 304 || r.status == 204 {
			length = 0
		} else {
			return r, errors.New("an answer without its length")
		}
	}
	if cap(w.body) < length {
		w.body = make([]byte, length)
	}
	r.body = w.body[:length]
	if _, err := io.ReadFull(w.read, r.body); err != nil {
		return r, err
	}
	if closing {
		w.close()
	}
	return r, nil
}

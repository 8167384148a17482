// Package mllp is the door for laboratories' own systems: HL7 v2 messages over TCP, in the frames of the minimal lower layer
// protocol (VT, message, FS, CR), each answered by an acknowledgement before the next is read.
//
// Who sends is told by a token of the house in MSH-8 (Security) of every message, the same kind of token that programs show the
// interface: it has a user, an end and a reach, can be revoked at once, and what it does stands in the journal. Addresses are
// only let in when the operator named them, or over TLS. A certificate of the sender would say which machine speaks, not who is
// answerable; laboratory systems that can present one are few, and those that can fill MSH-8 are all.
package mllp

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"breakwater/internal/door"
	"breakwater/internal/engine/hl7"
	"breakwater/internal/outbreak"
	"breakwater/internal/view/exchange"
	"breakwater/internal/words"
)

// The bytes of a frame.
const (
	begins = 0x0b
	ends   = 0x1c
	closes = '\r'
)

const (
	mostConnections = 64
	idle            = 10 * time.Minute // between messages
	patience        = 30 * time.Second // within one
)

// Door takes messages in.
type Door struct {
	House door.House
	From  []netip.Prefix // who may connect; none: everybody, which needs encryption
	gate  *door.Gate
}

// New makes the door.
func New(h door.House, from []netip.Prefix) *Door {
	return &Door{House: h, From: from, gate: h.NewGate()}
}

// Serve takes connections until the listener is closed, and ends them with the context.
func (d *Door) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	var open sync.WaitGroup
	defer open.Wait()
	defer stop()
	places := make(chan struct{}, mostConnections)
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !d.admits(c.RemoteAddr()) {
			d.House.Log.Warn("a connection for HL7 from an address that is not allowed", "address", host(c.RemoteAddr()))
			_ = c.Close()
			continue
		}
		select {
		case places <- struct{}{}:
		default: // the sender tries again
			_ = c.Close()
			continue
		}
		open.Go(func() {
			defer func() { <-places }()
			defer c.Close()
			defer context.AfterFunc(ctx, func() { _ = c.Close() })()
			d.converse(ctx, c)
		})
	}
}

func host(a net.Addr) string {
	h, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return ""
	}
	return h
}

// admits tells whether an address may connect.
func (d *Door) admits(a net.Addr) bool {
	if len(d.From) == 0 {
		return true
	}
	at, err := netip.ParseAddr(host(a))
	if err != nil {
		return false
	}
	for _, p := range d.From {
		if p.Contains(at.Unmap()) {
			return true
		}
	}
	return false
}

// converse answers the messages of one connection until it ends, breaks the frame, or shows a token that is not good.
func (d *Door) converse(ctx context.Context, c net.Conn) {
	r := bufio.NewReaderSize(c, 64<<10)
	for {
		if c.SetReadDeadline(d.House.Wall.Now().Time().Add(idle)) != nil {
			return
		}
		if _, err := r.Peek(1); err != nil {
			return
		}
		if c.SetDeadline(d.House.Wall.Now().Time().Add(patience)) != nil {
			return
		}
		raw, err := frame(r)
		if err != nil {
			d.House.Log.Info("a connection for HL7 ended within a message", "address", host(c.RemoteAddr()))
			return
		}
		answer, more := d.take(ctx, host(c.RemoteAddr()), c.RemoteAddr().String(), raw)
		if _, err := c.Write(append(append([]byte{begins}, answer...), ends, closes)); err != nil || !more {
			return
		}
	}
}

var errFrame = errors.New("the frame is broken")

// frame reads one message. What stands between messages is line ends, or the other side does not speak this protocol.
func frame(r *bufio.Reader) ([]byte, error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return nil, err
		}
		if b == begins {
			break
		}
		if b != '\r' && b != '\n' {
			return nil, errFrame
		}
	}
	var raw []byte
	for {
		part, err := r.ReadSlice(ends)
		raw = append(raw, part...)
		if len(raw) > hl7.MostBytes+1 {
			return nil, errFrame
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil {
			return nil, err
		}
		b, err := r.ReadByte()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err == nil && b != closes { // some leave it out
			if err := r.UnreadByte(); err != nil {
				return nil, err
			}
		}
		return raw[:len(raw)-1], nil
	}
}

// take answers one message; more tells whether the connection may go on.
func (d *Door) take(ctx context.Context, address, remote string, raw []byte) (answer []byte, more bool) {
	wall := d.House.Wall.Now()
	ack := hl7.Ack{ID: outbreak.New[outbreak.BatchID](d.House.IDs).String(), At: wall.Time()}
	lang := words.Langs[0]
	m, _ := hl7.Parse(raw) // what is wrong with it is told by whoever takes it in
	by, err := d.gate.Admit(&http.Request{RemoteAddr: remote, Header: http.Header{}}, func() (outbreak.Actor, error) {
		secret := m.Head().Security
		if secret == "" {
			return outbreak.Actor{}, outbreak.Refuse(outbreak.Expired, "door.hl7_token")
		}
		by, token, err := d.House.Access.ActorOfToken(ctx, secret)
		lang = token.Lang
		return by, err
	})
	if lang == "" {
		lang = words.Langs[0]
	}
	if err != nil {
		told, ours := errors.AsType[*outbreak.Error](err)
		if !ours || told.Kind == outbreak.Internal {
			d.House.Log.Error("the sender of an HL7 message could not be asked for", "error", err)
			told = outbreak.Refuse(outbreak.Busy, "exchange.hl7_again")
		}
		d.House.Log.Warn("an HL7 message was not taken in", "address", address, "reason", told.Msg)
		return exchange.Refused(raw, ack, lang, told), false
	}
	a := d.House.Exchange.TakeMessage(ctx, by, raw, ack, lang)
	d.House.Log.Info("an HL7 message was answered", "address", address, "by", by.String(), "answer", string(a.Code), "accepted", a.Accepted, "repeated", a.Repeated, "rejected", a.Rejected)
	return a.Answer, true
}

package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"breakwater/internal/door/mllp"
	"breakwater/internal/outbreak"
)

// listenHL7 opens the entrance for laboratories' own systems. Without encryption the tokens of messages can be read on the way:
// it then stands open to this machine, or to the networks the operator named.
func (a *App) listenHL7() error {
	if a.config.HL7Addr == "" {
		return nil
	}
	l, err := net.Listen("tcp", a.config.HL7Addr)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", a.config.HL7Addr, err)
	}
	if a.encrypt != nil {
		l = tls.NewListener(l, a.encrypt)
	} else if at, ok := l.Addr().(*net.TCPAddr); len(a.config.HL7From) == 0 && (!ok || !at.IP.IsLoopback()) {
		return errors.Join(outbreak.Refuse(outbreak.Invalid, "app.hl7_open", "addr", a.config.HL7Addr), l.Close())
	}
	a.hl7 = l
	return nil
}

func (a *App) serveHL7() {
	if a.hl7 == nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	a.endHL7 = stop
	d := mllp.New(a.House, a.config.HL7From)
	l := a.hl7
	a.work.Go(func() {
		defer stop()
		if err := d.Serve(ctx, l); err != nil {
			a.failed <- fmt.Errorf("serving at the entrance for HL7: %w", err)
		}
	})
}

// closeHL7 takes no more messages; one that is being taken in is answered or its sender sends it again.
func (a *App) closeHL7() error {
	if a.hl7 == nil {
		return nil
	}
	err := a.hl7.Close()
	if a.endHL7 != nil {
		a.endHL7()
	}
	a.hl7 = nil
	return err
}

// HL7At is the address where messages are taken in; the zero one when nowhere.
func (a *App) HL7At() netip.AddrPort {
	if a.hl7 == nil {
		return netip.AddrPort{}
	}
	at, err := netip.ParseAddrPort(a.hl7.Addr().String())
	if err != nil {
		return netip.AddrPort{}
	}
	return at
}

package door

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/journal"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/ledger/task"
	"breakwater/internal/outbreak"
	"breakwater/internal/response/cases"
	"breakwater/internal/response/contacts"
	"breakwater/internal/response/lab"
	"breakwater/internal/response/placement"
	"breakwater/internal/response/reconcile"
	"breakwater/internal/response/screening"
	"breakwater/internal/response/supplies"
	"breakwater/internal/response/transfer"
	"breakwater/internal/response/worklist"
	"breakwater/internal/store"
	"breakwater/internal/view/board"
	"breakwater/internal/view/exchange"
	"breakwater/internal/view/linelist"
)

// House is what the doors open on: one service per capability, and how the house stands in its network.
type House struct {
	DB        *store.DB
	Journal   *journal.Journal
	Access    *access.Service
	Registry  *registry.Service
	Tasks     *task.Service
	Lab       *lab.Service
	Screening *screening.Service
	Cases     *cases.Service
	Contacts  *contacts.Service
	Placement *placement.Service
	Transfer  *transfer.Service
	Supplies  *supplies.Service
	Reconcile *reconcile.Service
	Worklist  *worklist.Service
	Board     *board.Service
	Exchange  *exchange.Service
	LineList  *linelist.Service
	Protocols outbreak.Protocols
	IDs       *outbreak.IDs
	Clock     outbreak.Clock // the outbreak's
	Wall      outbreak.Clock // the machine's
	Log       *slog.Logger
	Version   string

	PlainHTTP    bool           // the operator asked by name for unencrypted sign-in beyond this machine
	Proxies      []netip.Prefix // the proxies whose word on address and encryption is taken
	OwnAuthority bool           // certificates come from the house's own authority: browsers are not told to insist on them
	Directory    *Directory     // the office's own sign-in; nil: none
	SetupCode    string         // what the first visitor of a fresh house shows, unless he sits at the machine; empty: nobody is asked
	Rates        Rates
	Traffic      *prometheus.HistogramVec // of answers; nil: not counted
}

// cookie names. With the prefix a browser takes the cookie only over TLS or from this very machine, and only for this host.
const (
	cookieName      = "__Host-bw"
	cookieNamePlain = "bw"
)

// Secure tells whether cookies are for encrypted connections (and this machine) alone; false when the operator overrode it.
func (h House) Secure() bool { return !h.PlainHTTP }

func (h House) cookie() string {
	if h.PlainHTTP {
		return cookieNamePlain
	}
	return cookieName
}

// SessionCookie carries a session's secret; an empty secret takes it away.
func (h House) SessionCookie(secret string) *http.Cookie {
	c := &http.Cookie{Name: h.cookie(), Value: secret, Path: "/", HttpOnly: true, Secure: h.Secure(), SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// Secret gives the session's secret that a browser sent.
func (h House) Secret(r *http.Request) (string, bool) {
	c, err := r.Cookie(h.cookie())
	if err != nil || c.Value == "" {
		return "", false
	}
	return c.Value, true
}

// Address tells where a request came from: the peer, or the last hop a trusted proxy saw.
func (h House) Address(r *http.Request) string {
	peer := peerOf(r)
	if !h.trusts(peer) {
		return peer.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		peer = hop.Unmap()
		if !h.trusts(peer) {
			break
		}
	}
	return peer.String()
}

// encrypted tells whether the request came over TLS, to us or to a trusted proxy.
func (h House) encrypted(r *http.Request) bool {
	return r.TLS != nil || h.trusts(peerOf(r)) && r.Header.Get("X-Forwarded-Proto") == "https"
}

// AtTheMachine tells whether a request was made on this machine itself, by somebody who is no proxy for others.
func (h House) AtTheMachine(r *http.Request) bool {
	return peerOf(r).IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}

func (h House) trusts(peer netip.Addr) bool {
	for _, p := range h.Proxies {
		if p.Contains(peer) {
			return true
		}
	}
	return false
}

// peerOf gives the other end of the connection; the unspecified address when it is none.
func peerOf(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	peer, err := netip.ParseAddr(host)
	if err != nil {
		return netip.IPv6Unspecified()
	}
	return peer.Unmap()
}

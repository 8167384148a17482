package web

import (
	"net/http"

	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// visit is how a visitor came in.
type visit struct {
	in      bool // with a session
	session access.Session
	secret  string
}

// visitor finds who asks by the session his browser carries; Expired when there is none.
func (s *Server) visitor(r *http.Request) (outbreak.Actor, visit, error) {
	secret, had := s.House.Secret(r)
	if !had {
		return outbreak.Actor{}, visit{}, outbreak.Refuse(outbreak.Expired, "access.session_over")
	}
	var v visit
	by, err := s.gate.Admit(r, func() (outbreak.Actor, error) {
		by, session, err := s.House.Access.ActorOfSession(r.Context(), secret)
		v = visit{in: err == nil, session: session, secret: secret}
		return by, err
	})
	if err != nil {
		return outbreak.Actor{}, visit{}, err
	}
	return by, v, nil
}

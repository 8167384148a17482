package access

import (
	"context"

	"breakwater/internal/outbreak"
)

// Proof is what a program shows before a second factor of its user is set up: a code of the one he has, or his password while
// he has none, so that a stolen token alone locks nobody out.
type Proof struct {
	Code     string
	Password string
}

// program stands for the session of a user who acts through a program. He showed his second factor when he made its token.
func (s *Service) program(ctx context.Context, by outbreak.Actor) (Session, error) {
	u, err := s.find(ctx, by.User)
	return Session{User: u.ID, Login: u.Login, Name: u.Name, PassedAt: s.wall.Now()}, err
}

// OwnFactor reads the actor's second factors, and whether he has to have one.
func (s *Service) OwnFactor(ctx context.Context, by outbreak.Actor) (f Factor, must bool, err error) {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return f, false, err
	}
	u, err := s.find(ctx, by.User)
	if err != nil {
		return f, false, err
	}
	f, err = s.FactorOf(ctx, Session{User: u.ID})
	return f, s.Factor.demands(u.Grants), err
}

// FactorOfUser reads the second factors of a user the actor manages.
func (s *Service) FactorOfUser(ctx context.Context, by outbreak.Actor, user outbreak.UserID) (Factor, bool, error) {
	if err := RequireAnywhere(by, UserManage); err != nil {
		return Factor{}, false, err
	}
	u, err := s.FindUser(ctx, by, user)
	if err != nil {
		return Factor{}, false, err
	}
	f, err := s.FactorOf(ctx, Session{User: u.ID})
	return f, s.Factor.demands(u.Grants), err
}

// BeginOwnFactor is BeginFactor for a program.
func (s *Service) BeginOwnFactor(ctx context.Context, by outbreak.Actor, proof Proof) (Telephone, error) {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return Telephone{}, err
	}
	session, err := s.program(ctx, by)
	if err != nil {
		return Telephone{}, err
	}
	has, err := s.ownFactor(ctx, session)
	if err == nil && !has {
		_, err = s.prove(ctx, session.Login, proof.Password, "")
	}
	if err != nil {
		return Telephone{}, err
	}
	return s.BeginFactor(ctx, session, proof.Code, "")
}

// ConfirmOwnFactor is ConfirmFactor for a program: every session of the user ends. It gives the codes on paper.
func (s *Service) ConfirmOwnFactor(ctx context.Context, by outbreak.Actor, code string) ([]string, error) {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return nil, err
	}
	session, err := s.program(ctx, by)
	if err != nil {
		return nil, err
	}
	_, codes, err := s.ConfirmFactor(ctx, session, code, "")
	return codes, err
}

// RenewOwnCodes is RenewCodes for a program.
func (s *Service) RenewOwnCodes(ctx context.Context, by outbreak.Actor, code string) ([]string, error) {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return nil, err
	}
	session, err := s.program(ctx, by)
	if err != nil {
		return nil, err
	}
	return s.RenewCodes(ctx, session, code, "")
}

// RemoveOwnTelephone is RemoveTelephone for a program.
func (s *Service) RemoveOwnTelephone(ctx context.Context, by outbreak.Actor, code, key string) error {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return err
	}
	session, err := s.program(ctx, by)
	if err != nil {
		return err
	}
	return s.RemoveTelephone(ctx, session, code, "", key)
}

// RemoveOwnPasskey is RemovePasskey for a program.
func (s *Service) RemoveOwnPasskey(ctx context.Context, by outbreak.Actor, id PasskeyID, code, key string) error {
	if err := RequireAnywhere(by, SelfManage); err != nil {
		return err
	}
	session, err := s.program(ctx, by)
	if err != nil {
		return err
	}
	return s.RemovePasskey(ctx, session, id, code, "", key)
}

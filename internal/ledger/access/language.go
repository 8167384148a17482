package access

import (
	"context"
	"fmt"

	"breakwater/internal/outbreak"
	"breakwater/internal/store"
	"breakwater/internal/words"
)

// SetLanguage chooses the language of the actor's own account, on every device and for his programs. It needs no permission:
// whoever waits for his first role may read why.
func (s *Service) SetLanguage(ctx context.Context, by outbreak.Actor, lang words.Lang, key string) error {
	if lang != words.Chinese && lang != words.English {
		return outbreak.Refuse(outbreak.Invalid, "access.language_wrong")
	}
	now := s.wall.Now()
	_, err := store.Do(ctx, s.db, store.By{Actor: by, Route: "access.SetLanguage", Key: key}, lang, func(tx *store.Tx) (struct{}, error) {
		u, err := userByID(tx, by.User, now)
		if err != nil || u.Lang == lang {
			return struct{}{}, err
		}
		if err := tx.Must("update users set lang = $1 where id = $2", lang, u.ID); err != nil {
			return struct{}{}, fmt.Errorf("choosing a language: %w", err)
		}
		return struct{}{}, s.changed(tx, by, u, "language", outbreak.Grant{})
	})
	s.known.forget(by.User)
	return err
}
